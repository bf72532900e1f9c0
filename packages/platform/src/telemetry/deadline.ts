/** Until when the answer to a request is of any use to whoever asked. */
import { FlowgridError } from '../errors.ts';

/** What is left of an operation's time, in whole milliseconds; the router sends it with each call. */
export const DEADLINE_HEADER = 'x-deadline-ms';

const HEADER_VALUE = /^\d{1,7}$/;

export interface Deadline extends Disposable {
  /** Aborts at the deadline; the reason is a `FlowgridError` `SERVICE_UNAVAILABLE`. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left; 0 when it is over. */
  leftMs(): number;
}

/** Milliseconds of a header; null when it is absent or no whole number. */
export function parseDeadline(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && HEADER_VALUE.test(header) ? Number(header) : null;
}

/** Starts a deadline. The owner disposes of it when the answer is there. */
export function startDeadline(milliseconds: number): Deadline {
  const controller = new AbortController();
  const endsAt = performance.now() + milliseconds;
  const timer = setTimeout(() => controller.abort(tooLate()), milliseconds);
  timer.unref();
  return {
    signal: controller.signal,
    leftMs: () => Math.max(0, Math.floor(endsAt - performance.now())),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

function tooLate(): FlowgridError {
  return new FlowgridError('SERVICE_UNAVAILABLE', 'There was no answer in time. Try again shortly.');
}

/** Settles as `work` does, or rejects with the signal's reason when that comes first. */
export function orAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
