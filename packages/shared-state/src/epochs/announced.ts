/**
 * Epochs that live in the memory of the processes and travel as announcements. After a gap a process asks the others to repeat
 * what they raised lately, and repeats what it raised itself: whichever of two that were cut off comes back first, they meet.
 */
import { invariant, type Clock, type Logger } from '@flowgrid/platform';
import type { PubSub, Subscription } from '../pubsub/pubsub.ts';
import { isEpochKey, type EpochFollower, type EpochKey, type Epochs } from './epochs.ts';
import { Followers } from './followers.ts';
import { readNotice, writeNotice } from './notice.ts';
import { Raises } from './raises.ts';

const REPEAT = 'repeat';

export interface AnnouncedEpochsOptions {
  readonly pubsub: PubSub;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Listens from now on. The caller owns it and disposes of it before the pub/sub. */
export function createAnnouncedEpochs(options: AnnouncedEpochsOptions): Epochs & Disposable {
  return new AnnouncedEpochs(options);
}

class AnnouncedEpochs implements Epochs, Disposable {
  readonly #options: AnnouncedEpochsOptions;
  readonly #own: Raises;
  readonly #known: Raises;
  readonly #followers = new Followers();
  readonly #subscription: Promise<Subscription | undefined>;
  #isRepeating = false;

  constructor(options: AnnouncedEpochsOptions) {
    this.#options = options;
    this.#own = new Raises(options.clock);
    this.#known = new Raises(options.clock);
    this.#subscription = this.#subscribe();
  }

  async raise(key: EpochKey): Promise<void> {
    invariant(isEpochKey(key), 'an epoch is of a tenant, a user or a session');
    const epoch = this.#known.next(key);
    this.#own.note(key, epoch);
    this.#hear(key, epoch);
    await this.#publish(writeNotice(key, epoch));
  }

  read(keys: readonly EpochKey[]): Promise<ReadonlyMap<EpochKey, number>> {
    const found = keys.flatMap((key) => {
      const epoch = this.#known.get(key);
      return epoch === undefined ? [] : [[key, epoch] as const];
    });
    return Promise.resolve(new Map(found));
  }

  follow(follower: EpochFollower): AsyncDisposable {
    const leave = this.#followers.add(follower);
    return { [Symbol.asyncDispose]: async () => leave() };
  }

  [Symbol.dispose](): void {
    void this.#subscription.then((subscription) => subscription?.unsubscribe());
  }

  async #subscribe(): Promise<Subscription | undefined> {
    try {
      const subscription = await this.#options.pubsub.subscribe('epochs', {
        onMessage: (message) => this.#receive(message),
        onGap: () => void this.#mend(),
      });
      // What was raised before this process listened matters to grants that it got before it listened.
      await this.#publish(REPEAT);
      return subscription;
    } catch (error) {
      // Closed before it came up; until then, and without it, revocation works by renewal.
      this.#options.logger.debug({ err: error }, 'epochs are not followed');
      return undefined;
    }
  }

  #receive(message: string): void {
    if (message === REPEAT) {
      void this.#repeat();
      return;
    }
    const notice = readNotice(message);
    if (notice) this.#hear(notice.key, notice.epoch);
  }

  #hear(key: EpochKey, epoch: number): void {
    if (this.#known.note(key, epoch)) this.#followers.tell(key);
  }

  async #mend(): Promise<void> {
    await this.#publish(REPEAT);
    await this.#repeat();
  }

  /** Several who ask at the same time are answered together. */
  async #repeat(): Promise<void> {
    if (this.#isRepeating) return;
    this.#isRepeating = true;
    for (const [key, epoch] of this.#own.recent()) await this.#publish(writeNotice(key, epoch));
    this.#isRepeating = false;
  }

  async #publish(message: string): Promise<void> {
    try {
      await this.#options.pubsub.publish('epochs', message);
    } catch (error) {
      // It is repeated when the connection is back.
      this.#options.logger.debug({ err: error }, 'an epoch was not announced');
    }
  }
}
