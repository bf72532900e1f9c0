/** Tells that messages came for a source: one listening connection per transport, opened again when it breaks. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from '@flowgrid/platform';

const CHANNEL = 'flowgrid-messages';
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;

export interface MessageListenerOptions {
  readonly url: string;
  readonly logger: Logger;
}

/** Best effort: receivers also look by themselves. */
export class MessageListener implements AsyncDisposable {
  readonly #options: MessageListenerOptions;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #closing = new AbortController();
  #listening: Promise<void> | null = null;

  constructor(options: MessageListenerOptions) {
    this.#options = options;
  }

  /** Connects in the background at the first call. Returns what ends it. */
  onMessages(source: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(source) ?? new Set();
    this.#listeners.set(source, listeners.add(listener));
    this.#listening ??= this.#listen();
    return () => void listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#listening;
  }

  async #listen(): Promise<void> {
    const { signal } = this.#closing;
    for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      try {
        await this.#listenOnce(() => (wait = FIRST_RETRY_MS));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.logger.debug({ reason, retryInMs: wait }, 'no notice of messages for now');
      }
      // Ends with the signal, and then there is nothing left to wait for.
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the connection ends. */
  async #listenOnce(onConnected: () => void): Promise<void> {
    const { signal } = this.#closing;
    const client = new Client({
      connectionString: this.#options.url,
      application_name: 'flowgrid-messages',
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: LONGEST_RETRY_MS,
    });
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    client.on('error', () => end());
    client.on('end', () => end());
    client.on('notification', ({ payload }) => this.#tell(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN "${CHANNEL}"`);
      onConnected();
      // What came meanwhile was not told.
      for (const source of this.#listeners.keys()) this.#tell(source);
      signal.addEventListener('abort', () => end(), { once: true });
      if (!signal.aborted) await ended;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  #tell(source: string): void {
    for (const listener of this.#listeners.get(source) ?? []) listener();
  }
}
