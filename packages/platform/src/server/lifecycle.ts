/** Start and orderly end of a process. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import { EnvError } from '../env.ts';

/** How long closing may take before the process ends anyway. */
const CLOSING_LIMIT_MS = 30_000;

export interface ServiceOptions {
  /** Between the signal and the closing: requests are served, `/readyz` says 503. None if not given. */
  readonly drainSeconds?: number;
}

/**
 * Runs a service until SIGTERM or SIGINT. `start` puts what it opens on the stack and hands `stopping` to its server,
 * which drains from the signal on. After `drainSeconds` the stack is closed in reverse order, and the process exits with 0;
 * with 1 when closing takes too long or a second signal comes.
 * A failed start closes what was opened, prints the reason and exits with 1.
 */
export async function runService(
  logger: Logger,
  start: (stack: AsyncDisposableStack, stopping: AbortSignal) => Promise<void>,
  { drainSeconds = 0 }: ServiceOptions = {},
): Promise<void> {
  const stack = new AsyncDisposableStack();
  const stopping = new AbortController();
  const stopped = nextSignal(stopping);
  try {
    await start(stack, stopping.signal);
  } catch (error) {
    logger.fatal({ err: error }, 'the service could not start');
    await stack.disposeAsync();
    process.exit(1);
  }
  const signal = await stopped;
  logger.info({ signal, drainSeconds }, 'stopping');
  setTimeout(
    () => {
      logger.error('closing takes too long: the process ends with work under way');
      process.exit(1);
    },
    drainSeconds * 1000 + CLOSING_LIMIT_MS,
  ).unref();
  if (drainSeconds > 0) await delay(drainSeconds * 1000);
  try {
    await stack.disposeAsync();
  } catch (error) {
    logger.error({ err: error }, 'not everything could be closed');
    process.exit(1);
  }
  logger.info('stopped');
  process.exit(0);
}

/** The first signal stops, the second one is from somebody who does not want to wait. */
function nextSignal(stopping: AbortController): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (stopping.signal.aborted) process.exit(1);
        stopping.abort(new Error(`The process got ${signal}.`));
        resolve(signal);
      });
    }
  });
}

/** Prints a wrong environment as text and exits; `read` is the service's own reader. */
export function readEnvOrExit<Env>(read: () => Env): Env {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
}
