/** Starts something again, with growing pauses, whenever it ends without being asked to. */
import { setTimeout as delay } from 'node:timers/promises';
import { FinalError } from '../local-error.ts';

export interface Startable {
  readonly exited: Promise<unknown>;
  stop(): Promise<void>;
}

export interface KeepAliveOptions<Started extends Startable> {
  name: string;
  start: (signal: AbortSignal) => Promise<Started>;
  /** How often the first start is tried before it counts as failed. */
  startAttempts: number;
  /** The first pause; each failure in a row doubles it up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** After running this long, an end counts as the first one again. */
  stableAfterMs: number;
  onNotice: (message: string) => void;
  /** Gives up the first start when it is under way. */
  signal: AbortSignal;
}

export const KEEP_ALIVE_DEFAULTS = {
  startAttempts: 3,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
  stableAfterMs: 60_000,
} as const;

export interface KeptAlive<Started> extends AsyncDisposable {
  /** The one that runs, or ran last. */
  current(): Started;
}

/** Throws when the first start fails for good. The caller disposes of the result, which ends what runs. */
export async function keepAlive<Started extends Startable>(
  options: KeepAliveOptions<Started>,
): Promise<KeptAlive<Started>> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, options.signal]);
  let current = await startFirst(options, signal);

  const watch = async (): Promise<void> => {
    let failures = 0;
    for (;;) {
      const startedAt = performance.now();
      await current.exited;
      if (stopping.signal.aborted) return;
      failures = performance.now() - startedAt > options.stableAfterMs ? 1 : failures + 1;
      const pauseMs = pauseAfter(failures, options);
      options.onNotice(`${options.name} ended unexpectedly; it starts again in ${pauseMs / 1000} s`);
      await pause(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        current = await options.start(stopping.signal);
        options.onNotice(`${options.name} is running again`);
      } catch (error) {
        // Whatever the reason is, the next round tries again: a database that is gone may come back.
        if (!stopping.signal.aborted) options.onNotice(describe(error));
      }
    }
  };
  const watching = watch();

  return {
    current: () => current,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await current.stop();
      await watching;
      // A restart that was under way when the stop came has replaced the one stopped above.
      await current.stop();
    },
  };
}

async function startFirst<Started extends Startable>(
  options: KeepAliveOptions<Started>,
  signal: AbortSignal,
): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await options.start(signal);
    } catch (error) {
      if (attempt >= options.startAttempts || signal.aborted || error instanceof FinalError) throw error;
      const pauseMs = pauseAfter(attempt, options);
      options.onNotice(`${describe(error)}\n${options.name} did not start; next try in ${pauseMs / 1000} s`);
      await pause(pauseMs, signal);
      if (signal.aborted) throw error;
    }
  }
}

export function pauseAfter(
  failures: number,
  { firstPauseMs, longestPauseMs }: { firstPauseMs: number; longestPauseMs: number },
): number {
  return Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
}

/** The first line: the process wrote the rest to the log itself. */
function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An abort ends the pause early; the caller looks at the signal itself.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
