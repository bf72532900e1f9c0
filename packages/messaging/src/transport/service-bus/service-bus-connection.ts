/** The one client of a process, replaced as soon as its connection ends or stays silent. */
import type { ServiceBusClient } from '@azure/service-bus';
import type { Logger } from '@flowgrid/platform';
import { ANSWER_TIMEOUT_MS } from './client.ts';
import { onConnectionEnd } from './connection-end.ts';

interface LiveClient {
  readonly client: ServiceBusClient;
  readonly ended: AbortSignal;
  readonly end: (reason: string) => void;
}

/** More than the SDK's own limit, which is the better error. */
const SILENCE_MS = ANSWER_TIMEOUT_MS + 3_000;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Why the SDK is not left to reconnect: what is under way when a connection ends hangs for up to a minute and blocks what
 * comes after it; and an abort signal or a timer that fires for such an operation after the same connection was opened again
 * throws where nobody can catch it, which ends the process. So nothing is ever asked of a client whose connection has
 * ended, and the SDK is given no abort signals.
 */
export class ServiceBusConnection implements AsyncDisposable {
  readonly #open: () => ServiceBusClient;
  readonly #logger: Logger;
  readonly #closing = new WeakMap<LiveClient, Promise<void>>();
  #current: LiveClient | null = null;
  #isDisposed = false;

  constructor(open: () => ServiceBusClient, logger: Logger) {
    this.#open = open;
    this.#logger = logger;
  }

  /**
   * Runs an operation. Rejects as soon as the connection ends, and when there is no answer within `limitMs`: then the
   * connection is given up. `ended` tells what lives on, a session, that its connection has ended.
   */
  async run<Result>(
    operation: (client: ServiceBusClient, ended: AbortSignal) => Promise<Result>,
    limitMs = SILENCE_MS,
  ): Promise<Result> {
    const live = this.#getLive();
    const { promise: broken, reject } = Promise.withResolvers<never>();
    const onEnd = (): void => reject(live.ended.reason);
    live.ended.addEventListener('abort', onEnd, { once: true });
    const timer = setTimeout(() => live.end(`no answer within ${limitMs} ms`), limitMs);
    try {
      return await Promise.race([operation(live.client, live.ended), broken]);
    } finally {
      clearTimeout(timer);
      live.ended.removeEventListener('abort', onEnd);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    const live = this.#current;
    if (live === null) return;
    live.end('the transport is disposed');
    await withinTime(CLOSE_TIMEOUT_MS, this.#closing.get(live) ?? Promise.resolve());
  }

  #getLive(): LiveClient {
    if (this.#isDisposed) throw new Error('the transport is disposed');
    if (this.#current !== null) return this.#current;
    const controller = new AbortController();
    const client = this.#open();
    const live: LiveClient = {
      client,
      ended: controller.signal,
      end: (reason) => {
        if (controller.signal.aborted) return;
        controller.abort(new Error(`the connection to Service Bus has ended: ${reason}`));
        if (this.#current === live) this.#current = null;
        // In the background: closing what does not answer takes its time.
        this.#closing.set(live, this.#close(client));
      },
    };
    onConnectionEnd(client, () => live.end('it was closed or lost'));
    this.#current = live;
    return live;
  }

  async #close(client: ServiceBusClient): Promise<void> {
    try {
      await client.close();
    } catch (error) {
      this.#logger.debug({ err: error }, 'a connection to Service Bus was not closed well');
    }
  }
}

async function withinTime(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, enough]);
  clearTimeout(timer);
}
