/** What the broker has sent of one session and nobody has worked on yet. */
import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';

/** So many messages travel while earlier ones are handled. */
const PREFETCH = 16;

interface Arrived {
  readonly message: ServiceBusReceivedMessage;
  /** Makes room for another one. */
  readonly done: () => void;
}

export class SessionInbox implements Disposable {
  readonly #arrived: Arrived[] = [];
  readonly #unfinished = new Set<() => void>();
  #wake: () => void = () => {};

  constructor(receiver: ServiceBusSessionReceiver, onLost: (error: Error) => void) {
    receiver.subscribe(
      {
        processMessage: async (message) => {
          await new Promise<void>((done) => {
            this.#unfinished.add(done);
            this.#arrived.push({ message, done });
            this.#wake();
          });
        },
        // A session receiver does not come back from any error: the SDK closes it.
        processError: async ({ error }) => onLost(error),
      },
      { autoCompleteMessages: false, maxConcurrentCalls: PREFETCH },
    );
  }

  /** The next message, or null when none came for so long or the signal is aborted. */
  async next(patienceMs: number, signal: AbortSignal): Promise<Arrived | null> {
    if (this.#arrived.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        const wake = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
        this.#wake = wake;
      });
    }
    const next = signal.aborted ? undefined : this.#arrived.shift();
    if (next === undefined) return null;
    this.#unfinished.delete(next.done);
    return next;
  }

  [Symbol.dispose](): void {
    // The SDK waits for each of its calls; after the end of the session it asks for nothing more.
    for (const done of this.#unfinished) done();
  }
}
