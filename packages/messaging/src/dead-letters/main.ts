/** `npm run dead-letters`: what could not be delivered, and why; delivers it again when the reason is gone. */
import { createLogger, readEnvOrExit } from '@flowgrid/platform';
import { USAGE, UsageError, parseDeadLettersCommand } from './arguments.ts';
import { runDeadLetters } from './dead-letters.ts';
import { readDeadLettersEnv } from './env.ts';

try {
  const command = parseDeadLettersCommand(process.argv.slice(2));
  const env = readEnvOrExit(readDeadLettersEnv);
  const logger = createLogger({ name: 'dead-letters', level: 'warn' });
  await runDeadLetters(command, { env, logger, print: (line) => console.log(line) });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${message}\n\n${USAGE}` : message);
  process.exitCode = isUsage ? 2 : 1;
}
