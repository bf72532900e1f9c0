/** Start and orderly end of a process. */
import type { Logger } from '../logger.ts';
import { EnvError } from '../env.ts';

/** How long an orderly end may take before the process ends anyway. */
const SHUTDOWN_LIMIT_MS = 30_000;

/**
 * Runs a service until SIGTERM or SIGINT. `start` puts what it opens on the stack;
 * at the end the stack is closed in reverse order and the process exits with 0.
 * A failed start closes what was opened, prints the reason and exits with 1.
 */
export async function runService(
  logger: Logger,
  start: (stack: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  const stack = new AsyncDisposableStack();
  const stopped = nextSignal();
  try {
    await start(stack);
  } catch (error) {
    logger.fatal({ err: error }, 'the service could not start');
    await stack.disposeAsync();
    process.exit(1);
  }
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
  setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
  await stack.disposeAsync();
  process.exit(0);
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}

/** Prints an incomplete environment as text and exits; `read` is the service's own reader. */
export function readEnvOrExit<Env>(read: () => Env): Env {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
}
