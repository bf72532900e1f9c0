/** Pub/sub over PostgreSQL LISTEN and NOTIFY: one connection per process, opened again by itself when it breaks. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { invariant, type Logger } from '@flowgrid/platform';
import { CHANNELS, MESSAGE_LIMIT, type Channel, type PubSub } from './pubsub.ts';
import { Subscribers } from './subscribers.ts';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** An announcement that cannot be made so soon is not made. */
const PUBLISH_WAIT_MS = 2_000;
/** Probes an idle connection: a dead peer is found without waiting for the next announcement. */
const KEEP_ALIVE_MS = 10_000;

export interface PostgresPubSubOptions {
  /** Connection string; the role needs CONNECT only. */
  readonly url: string;
  readonly logger: Logger;
}

/** Connects in the background; `subscribe` waits for the connection, `publish` for a short time. The caller disposes of it. */
export function createPostgresPubSub(options: PostgresPubSubOptions): PubSub & { readonly isAway: boolean } {
  return new PostgresPubSub(options);
}

class PostgresPubSub implements PubSub {
  readonly #options: PostgresPubSubOptions;
  readonly #subscribers = new Subscribers();
  readonly #closing = new AbortController();
  #connection: Promise<Client>;
  #hasConnected = false;
  #isUp = false;

  constructor(options: PostgresPubSubOptions) {
    this.#options = options;
    this.#connection = this.#connectInBackground();
  }

  get isAway(): boolean {
    return !this.#isUp;
  }

  async publish(channel: Channel, message: string): Promise<void> {
    invariant(message.length <= MESSAGE_LIMIT, 'an announcement is an id');
    const client = await this.#connectionSoon();
    await client.query('SELECT pg_notify($1, $2)', [channelName(channel), message]);
  }

  async subscribe(
    channel: Channel,
    subscriber: Parameters<PubSub['subscribe']>[1],
  ): Promise<ReturnType<Subscribers['add']>> {
    const subscription = this.#subscribers.add(channel, subscriber);
    await this.#connection;
    return subscription;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#subscribers.clear();
    try {
      const client = await this.#connection;
      await client.end();
    } catch (error) {
      // A connection that never came up has nothing to close.
      this.#options.logger.debug({ err: error }, 'pub/sub closed without a connection');
    }
  }

  /** Announcements do not pile up while PostgreSQL is away. */
  async #connectionSoon(): Promise<Client> {
    const waiting = new AbortController();
    const limit = delay(PUBLISH_WAIT_MS, undefined, { signal: waiting.signal }).then(() => {
      throw new Error('There is no connection to PostgreSQL.');
    });
    try {
      return await Promise.race([this.#connection, limit]);
    } finally {
      waiting.abort();
    }
  }

  #connectInBackground(): Promise<Client> {
    const connection = this.#connect();
    // It fails only when this is closed meanwhile; whoever awaits it sees that, nobody else needs to.
    connection.catch(() => undefined);
    return connection;
  }

  async #connect(): Promise<Client> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      this.#closing.signal.throwIfAborted();
      const client = new Client({
        connectionString: this.#options.url,
        application_name: 'flowgrid-pubsub',
        keepAlive: true,
        keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
        connectionTimeoutMillis: MAX_RETRY_MS,
        // Announcements that are made at the same time do not wait for each other's answers.
        pipeline: true,
      });
      try {
        await this.#listen(client);
        if (wait > FIRST_RETRY_MS) this.#options.logger.info('announcements: PostgreSQL is back');
        return client;
      } catch (error) {
        const isFirst = wait === FIRST_RETRY_MS;
        this.#options.logger[isFirst ? 'warn' : 'debug']({ err: error }, 'announcements: PostgreSQL is away');
        await client.end().catch(() => undefined);
        await delay(wait, undefined, { signal: this.#closing.signal });
      }
    }
  }

  async #listen(client: Client): Promise<void> {
    let isUp = false;
    const onBroken = (): void => {
      if (!isUp || this.#closing.signal.aborted) return;
      isUp = false;
      this.#isUp = false;
      this.#connection = this.#connectInBackground();
    };
    client.on('error', onBroken);
    client.on('end', onBroken);
    client.on('notification', ({ channel, payload }) => {
      const name = CHANNELS.find((candidate) => channelName(candidate) === channel);
      if (name !== undefined) this.#subscribers.deliver(name, payload ?? '');
    });
    await client.connect();
    for (const channel of CHANNELS) await client.query(`LISTEN ${escapeIdentifier(channelName(channel))}`);
    isUp = true;
    this.#isUp = true;
    if (this.#hasConnected) this.#subscribers.announceGap();
    this.#hasConnected = true;
  }
}

function channelName(channel: Channel): string {
  return `flowgrid-${channel}`;
}
