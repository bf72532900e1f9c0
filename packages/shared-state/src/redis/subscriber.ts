/** The connection that hears announcements: opened again whenever it breaks, and checked, for a dead one is silent too. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@flowgrid/platform';
import type { Redis } from 'ioredis';
import type { Channel, Subscriber, Subscription } from '../pubsub/pubsub.ts';
import { Subscribers } from '../pubsub/subscribers.ts';
import { retryDelayMs } from './clients.ts';
import { KEY_PREFIX } from './keys.ts';
import { reasonOf } from './reason.ts';

const HEARTBEAT_MS = 5_000;

export interface RedisSubscriberOptions {
  /** A new client that connects when it is told to, and only once. */
  readonly createClient: (attempt: number) => Redis;
  readonly logger: Logger;
}

export class RedisSubscriber implements AsyncDisposable {
  readonly #options: RedisSubscriberOptions;
  readonly #subscribers = new Subscribers();
  readonly #channels = new Set<Channel>();
  readonly #closing = new AbortController();
  #connected = Promise.withResolvers<Redis>();
  #hasConnected = false;
  #running: Promise<void> | undefined;

  constructor(options: RedisSubscriberOptions) {
    this.#options = options;
    this.#quietly(this.#connected.promise);
  }

  /** Connects with the first subscription. Resolves when announcements from now on arrive. */
  async subscribe(channel: Channel, subscriber: Subscriber): Promise<Subscription> {
    const subscription = this.#subscribers.add(channel, subscriber);
    this.#channels.add(channel);
    this.#running ??= this.#run();
    for (;;) {
      const client = await this.#connected.promise;
      try {
        await client.subscribe(KEY_PREFIX + channel);
        return subscription;
      } catch (error) {
        // The connection broke meanwhile; the next one subscribes to all channels.
        if (this.#closing.signal.aborted) throw error;
        client.disconnect();
        await delay(retryDelayMs(1), undefined, { signal: this.#closing.signal });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#subscribers.clear();
    this.#connected.reject(new Error('The connection for announcements is closed.'));
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (let attempt = 0; !this.#closing.signal.aborted; attempt += 1) {
      const client = this.#options.createClient(attempt);
      client.on('error', (error: unknown) => {
        this.#options.logger.debug({ reason: reasonOf(error) }, 'Redis connection for announcements');
      });
      try {
        await this.#open(client);
        failures = 0;
        await this.#untilBroken(client);
      } catch (error) {
        failures += 1;
        this.#options.logger.debug({ reason: reasonOf(error) }, 'announcements are not heard');
      }
      client.disconnect();
      if (this.#closing.signal.aborted) return;
      this.#connected = this.#renewed();
      await delay(retryDelayMs(failures), undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  async #open(client: Redis): Promise<void> {
    client.on('message', (name: string, message: string) => {
      const channel = [...this.#channels].find((candidate) => KEY_PREFIX + candidate === name);
      if (channel !== undefined) this.#subscribers.deliver(channel, message);
    });
    await client.connect();
    await client.subscribe(...[...this.#channels].map((channel) => KEY_PREFIX + channel));
    this.#connected.resolve(client);
    if (this.#hasConnected) this.#subscribers.announceGap();
    this.#hasConnected = true;
  }

  /** Returns or rejects when the connection is of no use any more. */
  async #untilBroken(client: Redis): Promise<void> {
    const ended = new AbortController();
    client.once('close', () => ended.abort());
    const signal = AbortSignal.any([ended.signal, this.#closing.signal]);
    while (client.status === 'ready' && !signal.aborted) {
      await delay(HEARTBEAT_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await client.ping();
    }
  }

  #renewed(): PromiseWithResolvers<Redis> {
    const connected = Promise.withResolvers<Redis>();
    this.#quietly(connected.promise);
    return connected;
  }

  /** It rejects only at the close; whoever waits for it sees that, nobody else needs to. */
  #quietly(promise: Promise<unknown>): void {
    promise.catch(() => undefined);
  }
}
