/** Commands to Redis that fail at once while it is away, and say so once per outage. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@flowgrid/platform';
import { Cluster } from 'ioredis';
import type { RedisAddress, RedisHost } from './address.ts';
import { createCommandClient, retryDelayMs } from './clients.ts';
import { KEY_PREFIX } from './keys.ts';
import { reasonOf } from './reason.ts';
import type { Script } from './script.ts';

/** Commands of the first moments wait so long for the first connection. */
const FIRST_CONNECTION_MS = 2_000;
/** A return that lasts shorter is part of the same outage, as when one node of a cluster fails: it is said once. */
const LASTING_MS = 10_000;
/** Redis counts as back when a write succeeds: one that answers but takes no writes is of no use. */
const PROBE_KEY = `${KEY_PREFIX}probe`;

/** Redis is known to be away, or did not answer; the cause says how. */
export class RedisAwayError extends Error {
  override readonly name = 'RedisAwayError';
}

export interface RedisCommandsOptions {
  readonly address: RedisAddress;
  readonly logger: Logger;
}

export class RedisCommands implements AsyncDisposable {
  readonly #logger: Logger;
  readonly #client: ReturnType<typeof createCommandClient>;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #firstConnection: Promise<void>;
  #isAway = false;
  #backAt = -Infinity;
  /** How often the present outage was looked at, and those that it began with after a return that did not last. */
  #attempts = 0;
  #outages = 0;

  constructor({ address, logger }: RedisCommandsOptions) {
    this.#logger = logger;
    this.#client = createCommandClient(address);
    // Without a listener ioredis prints every failed attempt. What matters of them is said by `#lose`.
    this.#client.on('error', (error: unknown) =>
      logger.debug({ reason: reasonOf(error) }, 'Redis connection'),
    );
    this.#client.on('close', () => this.#lose(new Error('The connection was closed.')));
    this.#firstConnection = this.#waitForFirstConnection();
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** The nodes of a cluster that are known; empty for other kinds and before the first connection. */
  get nodes(): readonly RedisHost[] {
    if (!(this.#client instanceof Cluster)) return [];
    return this.#client
      .nodes('all')
      .flatMap(({ options: { host, port } }) =>
        host === undefined || port === undefined ? [] : [{ host, port }],
      );
  }

  /** Called each time that Redis is back after an outage. */
  onBack(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Runs one command.
   * @throws RedisAwayError at once during an outage, and for every failure, each of which begins an outage.
   */
  async run(command: string, args: readonly string[]): Promise<unknown> {
    return this.#attempt(() => this.#client.call(command, ...args));
  }

  /** As `run`, with undefined instead of an error. */
  async tryRun(command: string, args: readonly string[]): Promise<unknown> {
    return this.run(command, args).catch(toUndefined);
  }

  /** Runs a script on one key; undefined while Redis is away. */
  async tryScript(script: Script, { key, args }: { key: string; args: readonly string[] }): Promise<unknown> {
    return this.#attempt(async () => {
      try {
        return await this.#client.call('EVALSHA', script.sha1, '1', key, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return this.#client.call('EVAL', script.source, '1', key, ...args);
      }
    }).catch(toUndefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#client.disconnect();
  }

  async #attempt(work: () => Promise<unknown>): Promise<unknown> {
    await this.#firstConnection;
    if (this.#isAway) throw new RedisAwayError('Redis is away.');
    const outages = this.#outages;
    try {
      return await work();
    } catch (error) {
      // A command of before an outage that is over says nothing of now.
      if (outages === this.#outages) this.#lose(error);
      throw new RedisAwayError('Redis gave no answer of use.', { cause: error });
    }
  }

  async #waitForFirstConnection(): Promise<void> {
    const waiting = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#client.once('ready', resolve);
    this.#client.once('close', resolve);
    this.#closing.signal.addEventListener('abort', () => resolve());
    const limit = delay(FIRST_CONNECTION_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([promise, limit]);
    waiting.abort();
  }

  #lose(error: unknown): void {
    if (this.#isAway || this.#closing.signal.aborted) return;
    this.#isAway = true;
    this.#outages += 1;
    const isRelapse = performance.now() - this.#backAt < LASTING_MS;
    if (!isRelapse) this.#attempts = 0;
    const level = isRelapse ? 'debug' : 'warn';
    this.#logger[level]({ reason: reasonOf(error) }, 'Redis is away: this process goes on by itself');
    void this.#awaitReturn(performance.now(), isRelapse ? 'debug' : 'info');
  }

  async #awaitReturn(since: number, level: 'debug' | 'info'): Promise<void> {
    for (;;) {
      this.#attempts += 1;
      try {
        await delay(retryDelayMs(this.#attempts), undefined, { signal: this.#closing.signal });
        await this.#client.call('SET', PROBE_KEY, '1', 'PX', '1000');
        break;
      } catch {
        // Still away, or closing, which alone ends the waiting without a return.
        if (this.#closing.signal.aborted) return;
      }
    }
    this.#isAway = false;
    this.#backAt = performance.now();
    this.#logger[level]({ awayMs: Math.round(performance.now() - since) }, 'Redis is back');
    for (const listener of this.#listeners) listener();
  }
}

function toUndefined(error: unknown): undefined {
  if (!(error instanceof RedisAwayError)) throw error;
  return undefined;
}
