/** `npm run credentials`: the keys that seal secrets of tenants, for operators. */
import { createLogger, readEnvOrExit, systemClock as clock } from '@flowgrid/platform';
import { openSharedState } from '@flowgrid/shared-state';
import { openIntegrationsDatabase } from './database.ts';
import { readCredentialsCommandEnv } from './env.ts';
import {
  USAGE,
  UsageError,
  parseCredentialsCommand,
  runCredentialsCommand,
} from './modules/credential/credentials-command.ts';
import { KeyAdministration } from './modules/credential/key-administration.ts';
import { KeySweeper } from './modules/credential/key-sweeper.ts';
import { openSecretBox } from './modules/credential/open-secret-box.ts';

try {
  const command = parseCredentialsCommand(process.argv.slice(2));
  const env = readEnvOrExit(readCredentialsCommandEnv);
  const logger = createLogger({ name: 'credentials', level: 'warn' });
  await using stack = new AsyncDisposableStack();
  const database = stack.use(openIntegrationsDatabase(env.DATABASE_URL, logger, { poolSize: 2 }));
  const { pubsub } = stack.use(openSharedState(env, logger));
  const opened = stack.use(await openSecretBox(env, { database, pubsub, clock, logger }));
  const tools = { ...opened, database, pubsub, clock, logger };
  await runCredentialsCommand(command, {
    administration: new KeyAdministration(tools),
    sweeper: new KeySweeper(tools),
    print: (line) => console.log(line),
  });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${message}\n\n${USAGE}` : message);
  process.exitCode = isUsage ? 2 : 1;
}
