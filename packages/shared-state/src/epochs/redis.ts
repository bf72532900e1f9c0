/** Epochs in Redis: a key with a time to live per raise, and an announcement with each. */
import { setTimeout as delay } from 'node:timers/promises';
import { invariant, type Clock, type Logger } from '@flowgrid/platform';
import type { PubSub, Subscription } from '../pubsub/pubsub.ts';
import { redisChannel } from '../pubsub/redis.ts';
import type { RedisCommands } from '../redis/commands.ts';
import { KEY_PREFIX } from '../redis/keys.ts';
import { createScript } from '../redis/script.ts';
import {
  EPOCH_MEMORY_SECONDS,
  isEpochKey,
  type EpochFollower,
  type EpochKey,
  type Epochs,
} from './epochs.ts';
import { Followers } from './followers.ts';
import { readNotice } from './notice.ts';
import { Raises } from './raises.ts';

/** The hash tag puts all epochs into one slot of a cluster, so that many are read by one command. */
const EPOCH_PREFIX = `${KEY_PREFIX}{epochs}:`;
const KEYS_PER_READ = 500;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/** Raising again what was raised before changes nothing and announces nothing. */
const RAISE = createScript(`
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
local epoch = tonumber(ARGV[1])
if epoch <= known then
  if ARGV[4] == 'again' then return 0 end
  epoch = known + 1
end
local text = string.format('%.0f', epoch)
redis.call('SET', KEYS[1], text, 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[3], 'raised ' .. text .. ' ' .. ARGV[5])
return epoch
`);

export interface RedisEpochsOptions {
  readonly commands: RedisCommands;
  readonly pubsub: PubSub;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Listens once somebody follows. The caller owns it and disposes of it before commands and pub/sub. */
export function createRedisEpochs(options: RedisEpochsOptions): Epochs & Disposable {
  return new RedisEpochs(options);
}

class RedisEpochs implements Epochs, Disposable {
  readonly #options: RedisEpochsOptions;
  /** What this process raised: raised again when Redis is back, which may have missed or forgotten it. */
  readonly #own: Raises;
  readonly #known: Raises;
  readonly #followers = new Followers();
  readonly #closing = new AbortController();
  #subscription: Promise<Subscription | undefined> | undefined;
  #isMending = false;
  #mendAgain = false;

  constructor(options: RedisEpochsOptions) {
    this.#options = options;
    this.#own = new Raises(options.clock);
    this.#known = new Raises(options.clock);
    options.commands.onBack(() => void this.#raiseAgain());
  }

  async raise(key: EpochKey): Promise<void> {
    invariant(isEpochKey(key), 'an epoch is of a tenant, a user or a session');
    const epoch = this.#own.next(key);
    this.#own.note(key, epoch);
    const raised = await this.#write(key, epoch, 'once');
    if (typeof raised === 'number') this.#own.note(key, raised);
    this.#hear(key, typeof raised === 'number' ? raised : epoch);
  }

  async read(keys: readonly EpochKey[]): Promise<ReadonlyMap<EpochKey, number>> {
    return (await this.#read(keys)) ?? new Map();
  }

  follow(follower: EpochFollower): AsyncDisposable {
    const leave = this.#followers.add(follower);
    this.#subscription ??= this.#subscribe();
    return { [Symbol.asyncDispose]: async () => leave() };
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    void this.#subscription?.then((subscription) => subscription?.unsubscribe());
  }

  #write(key: EpochKey, epoch: number, mode: 'once' | 'again'): Promise<unknown> {
    return this.#options.commands.tryScript(RAISE, {
      key: EPOCH_PREFIX + key,
      args: [String(epoch), String(EPOCH_MEMORY_SECONDS * 1000), redisChannel('epochs'), mode, key],
    });
  }

  async #raiseAgain(): Promise<void> {
    for (const [key, epoch] of this.#own.recent()) {
      // Away again: the next return begins anew.
      if ((await this.#write(key, epoch, 'again')) === undefined) return;
    }
  }

  /** Undefined while Redis is away. */
  async #read(keys: readonly EpochKey[]): Promise<Map<EpochKey, number> | undefined> {
    const found = new Map<EpochKey, number>();
    for (let from = 0; from < keys.length; from += KEYS_PER_READ) {
      const some = keys.slice(from, from + KEYS_PER_READ);
      const values = await this.#options.commands.tryRun(
        'MGET',
        some.map((key) => EPOCH_PREFIX + key),
      );
      if (!Array.isArray(values)) return undefined;
      for (const [index, key] of some.entries()) {
        const value: unknown = values[index];
        if (typeof value === 'string') found.set(key, Number(value));
      }
    }
    return found;
  }

  async #subscribe(): Promise<Subscription | undefined> {
    try {
      const subscription = await this.#options.pubsub.subscribe('epochs', {
        onMessage: (message) => {
          const notice = readNotice(message);
          if (notice) this.#hear(notice.key, notice.epoch);
        },
        onGap: () => void this.#mend(),
      });
      // Grants of the time before this process listened.
      void this.#mend();
      return subscription;
    } catch (error) {
      // Closed before it came up; until then, and without it, revocation works by renewal.
      this.#options.logger.debug({ err: error }, 'epochs are not followed');
      return undefined;
    }
  }

  #hear(key: EpochKey, epoch: number): void {
    if (this.#known.note(key, epoch)) this.#followers.tell(key);
  }

  /** Reads what may have been missed, again and again until it is read; a gap meanwhile begins it anew. */
  async #mend(): Promise<void> {
    this.#mendAgain = true;
    if (this.#isMending) return;
    this.#isMending = true;
    let wait = FIRST_RETRY_MS;
    while (this.#mendAgain && !this.#closing.signal.aborted) {
      this.#mendAgain = false;
      const epochs = await this.#read([...this.#followers.heldKeys()]);
      for (const [key, epoch] of epochs ?? []) this.#hear(key, epoch);
      if (epochs) continue;
      this.#mendAgain = true;
      await delay(wait, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, MAX_RETRY_MS);
    }
    this.#isMending = false;
  }
}
