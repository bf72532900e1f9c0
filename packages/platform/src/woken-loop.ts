/** Work that is done when somebody wakes it, and at intervals for what nobody told of. */
import { WakeUp } from './wake-up.ts';

export interface WokenLoopOptions {
  /** True when there may be more to do at once. Gets what ends when the loop is disposed of. */
  readonly work: (stopping: AbortSignal) => Promise<boolean>;
  /** What `work` throws; it is done again after the interval. */
  readonly onFailure: (error: unknown) => void;
  readonly pollMs: number;
}

export interface WokenLoop extends AsyncDisposable {
  /** There is something to do. */
  wake(): void;
}

/** Begins at once. Disposing waits for the work under way; the caller does it. */
export function startWokenLoop(options: WokenLoopOptions): WokenLoop {
  const wakeUp = new WakeUp();
  const stopping = new AbortController();
  const loop = repeatUntilStopped(options, wakeUp, stopping.signal);
  return {
    wake: () => wakeUp.wake(),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      wakeUp.wake();
      await loop;
    },
  };
}

async function repeatUntilStopped(
  { work, onFailure, pollMs }: WokenLoopOptions,
  wakeUp: WakeUp,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    let isMore = false;
    try {
      isMore = await work(stopping);
    } catch (error) {
      onFailure(error);
    }
    // Several processes that started together do not look in step for ever.
    if (!isMore) await wakeUp.wait(pollMs * (0.75 + Math.random() / 2));
  }
}
