/** Work that a service does once in an hour, in each of its replicas. */
import type { Logger } from './logger.ts';

const EVERY_MS = 60 * 60 * 1000;
/** Replicas that were started together do not work together. */
const FIRST_AFTER_MS = 60_000;

/** A failure is logged as `failure`; the next time comes in an hour. Disposing waits for work that is under way. */
export function repeatHourly({
  work,
  failure,
  logger,
}: {
  readonly work: () => Promise<void>;
  readonly failure: string;
  readonly logger: Logger;
}): AsyncDisposable {
  let running: Promise<void> = Promise.resolve();
  let isStopped = false;
  const run = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger.warn({ err: error }, failure);
    }
  };
  const plan = (afterMs: number): NodeJS.Timeout =>
    setTimeout(() => {
      running = run().then(() => {
        if (!isStopped) timer = plan(EVERY_MS);
      });
    }, afterMs).unref();
  let timer = plan(FIRST_AFTER_MS * (1 + Math.random()));
  return {
    [Symbol.asyncDispose]: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
