/** The raises that a process knows of, bounded in number and in time. */
import type { Clock } from '@flowgrid/platform';
import { EPOCH_MEMORY_SECONDS, type EpochKey } from './epochs.ts';

const CAPACITY = 20_000;

export class Raises {
  readonly #clock: Clock;
  /** In the order of their noting. */
  readonly #epochs = new Map<EpochKey, { readonly epoch: number; readonly notedAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The epoch of a raise that happens now: later than every one known of the key. */
  next(key: EpochKey): number {
    return Math.max(this.#clock.now().getTime(), (this.get(key) ?? 0) + 1);
  }

  /** True when the epoch is later than what was known. One of the far future is not remembered: it would hide all later ones. */
  note(key: EpochKey, epoch: number): boolean {
    if (epoch - this.#clock.now().getTime() > EPOCH_MEMORY_SECONDS * 1000) return true;
    const known = this.get(key);
    if (known !== undefined && known >= epoch) return false;
    this.#epochs.delete(key);
    this.#epochs.set(key, { epoch, notedAt: this.#clock.now().getTime() });
    if (this.#epochs.size > CAPACITY) {
      const oldest = this.#epochs.keys().next();
      if (!oldest.done) this.#epochs.delete(oldest.value);
    }
    return true;
  }

  get(key: EpochKey): number | undefined {
    const entry = this.#epochs.get(key);
    return entry && this.#isRecent(entry.notedAt) ? entry.epoch : undefined;
  }

  /** What is still remembered, oldest first. */
  recent(): readonly (readonly [EpochKey, number])[] {
    for (const [key, { notedAt }] of this.#epochs) {
      if (this.#isRecent(notedAt)) break;
      this.#epochs.delete(key);
    }
    return [...this.#epochs].map(([key, { epoch }]) => [key, epoch]);
  }

  #isRecent(notedAt: number): boolean {
    return this.#clock.now().getTime() - notedAt < EPOCH_MEMORY_SECONDS * 1000;
  }
}
