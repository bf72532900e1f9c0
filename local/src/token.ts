/** `npm run token -- EMAIL`: prints an access token of a demo user, and nothing else, on standard output. */
import { readEnvOrExit } from '@flowgrid/platform';
import { readLauncherEnv } from './env.ts';
import { homeDirectory } from './home.ts';
import { LocalError } from './local-error.ts';
import { signInDemoUser } from './sign-in.ts';

const email = process.argv[2];
try {
  if (email === undefined) throw new LocalError('Usage: npm run token -- editor@acme.test');
  const env = readEnvOrExit(readLauncherEnv);
  const { accessToken } = await signInDemoUser(homeDirectory(env.FLOWGRID_HOME), email);
  process.stdout.write(`${accessToken}\n`);
} catch (error) {
  if (!(error instanceof LocalError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
