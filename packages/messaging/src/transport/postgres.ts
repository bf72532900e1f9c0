/** Messages over PostgreSQL: the default transport, in the database that the service has anyway. */
import { Pool } from 'pg';
import type { Logger } from '@flowgrid/platform';
import { requireBodySizes } from './body-size.ts';
import { MessageListener } from './postgres/message-listener.ts';
import * as queries from './postgres/queries.ts';
import { PostgresReceiver } from './postgres/receiver.ts';
import { exponentialRetryDelay, type RetryDelay } from './retry-delay.ts';
import { getSettings, toSourceName } from './source.ts';
import { TOPOLOGY, type QueueName, type Topology } from './topology.ts';
import type {
  DeadLetter,
  Handler,
  Message,
  ReceiveOptions,
  Receiver,
  Source,
  Transport,
} from './transport.ts';

export interface PostgresTransportOptions {
  /** Connection string of the service's own login role, which decides what it may publish and receive. */
  readonly url: string;
  readonly logger: Logger;
  readonly poolSize?: number;
  readonly retryDelayMs?: RetryDelay;
  /** Settings of the sources. Which ones there are, and whose, is in the database. */
  readonly topology?: Topology;
}

/** Connections of a transport that is not told otherwise, beside the one that listens. */
export const TRANSPORT_POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than the server lets a statement run: for a server that does not answer at all. */
const QUERY_TIMEOUT_MS = 20_000;
/** One statement takes at most so much. */
const MAX_BATCH_MESSAGES = 500;
const MAX_BATCH_CHARACTERS = 4 * 1024 * 1024;

/** Connects when it is first used. The caller disposes of it. */
export function createPostgresTransport(options: PostgresTransportOptions): Transport {
  return new PostgresTransport(options);
}

class PostgresTransport implements Transport {
  readonly #options: PostgresTransportOptions;
  readonly #pool: Pool;
  readonly #listener: MessageListener;
  readonly #receivers = new Set<PostgresReceiver>();

  constructor(options: PostgresTransportOptions) {
    this.#options = options;
    this.#pool = new Pool({
      connectionString: options.url,
      max: options.poolSize ?? TRANSPORT_POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'flowgrid-messaging',
    });
    this.#pool.on('error', ({ message }) => options.logger.warn({ reason: message }, 'a connection broke'));
    this.#listener = new MessageListener(options);
  }

  async publish(messages: readonly Message[]): Promise<void> {
    requireBodySizes(messages);
    for (const batch of toBatches(messages)) await queries.publishMessages(this.#pool, batch);
  }

  async send(
    queue: QueueName,
    messages: readonly Message[],
    { notBefore = null }: { readonly notBefore?: Date | null } = {},
  ): Promise<void> {
    requireBodySizes(messages);
    for (const batch of toBatches(messages)) {
      await queries.sendMessages(this.#pool, queue, { messages: batch, notBefore });
    }
  }

  receive(source: Source, handler: Handler, { concurrency }: ReceiveOptions): Receiver {
    const { lockSeconds, maxDeliveries } = getSettings(this.#options.topology ?? TOPOLOGY, source);
    const name = toSourceName(source);
    const receiver = new PostgresReceiver({
      pool: this.#pool,
      source: name,
      handler,
      concurrency,
      lockSeconds,
      maxDeliveries,
      retryDelayMs: this.#options.retryDelayMs ?? exponentialRetryDelay,
      logger: this.#options.logger,
    });
    const stopListening = this.#listener.onMessages(name, () => receiver.wake());
    this.#receivers.add(receiver);
    return {
      [Symbol.asyncDispose]: async () => {
        stopListening();
        await receiver[Symbol.asyncDispose]();
        this.#receivers.delete(receiver);
      },
    };
  }

  async listDeadLetters(source: Source, limit: number): Promise<readonly DeadLetter[]> {
    return queries.readDeadLetters(this.#pool, toSourceName(source), limit);
  }

  async replayDeadLetters(source: Source, ids?: readonly string[]): Promise<number> {
    return queries.replayDeadDeliveries(this.#pool, toSourceName(source), ids ?? null);
  }

  async checkReady(): Promise<void> {
    await this.#pool.query('SELECT 1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#receivers].map((receiver) => receiver[Symbol.asyncDispose]()));
    await this.#listener[Symbol.asyncDispose]();
    await this.#pool.end();
  }
}

function toBatches(messages: readonly Message[]): readonly (readonly Message[])[] {
  const batches: Message[][] = [];
  let characters = Infinity;
  for (const message of messages) {
    const last = batches.at(-1);
    characters += message.body.length;
    if (last === undefined || last.length >= MAX_BATCH_MESSAGES || characters > MAX_BATCH_CHARACTERS) {
      batches.push([message]);
      characters = message.body.length;
    } else {
      last.push(message);
    }
  }
  return batches;
}
