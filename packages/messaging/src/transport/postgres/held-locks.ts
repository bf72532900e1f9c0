/** The locks that a receiver holds: renewed while handlers work, and given up in time when they cannot be. */
import type { Logger } from '@flowgrid/platform';
import { renewDeliveries, toDescription, type ClaimedMessage, type Lock, type Queryable } from './queries.ts';

/** Renewals in the time of one lock: two may fail. */
const RENEWALS_PER_LOCK = 3;

export interface HeldLocksOptions {
  readonly pool: Queryable;
  readonly source: string;
  readonly lockSeconds: number;
  readonly logger: Logger;
}

export interface Held {
  readonly message: ClaimedMessage;
  /** Aborted when the lock is lost, or the receiver stops. */
  readonly signal: AbortSignal;
}

interface Entry extends Held {
  readonly controller: AbortController;
  /** By this process's own clock, counted from before the lock was asked for: never later than the database says. */
  expiresAt: number;
  isLost: boolean;
}

export class HeldLocks implements Disposable {
  readonly #options: HeldLocksOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;
  readonly #tickMs: number;
  #isRenewing = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: HeldLocksOptions) {
    this.#options = options;
    this.#tickMs = (options.lockSeconds * 1000) / RENEWALS_PER_LOCK;
    this.#timer = setInterval(() => void this.#tick(), this.#tickMs);
  }

  get size(): number {
    return this.#entries.size;
  }

  add(message: ClaimedMessage, claimedAt: number): Held {
    const controller = new AbortController();
    const entry: Entry = {
      message,
      signal: controller.signal,
      controller,
      expiresAt: claimedAt + this.#options.lockSeconds * 1000,
      isLost: false,
    };
    this.#entries.set(keyOf(message), entry);
    return entry;
  }

  /** False when the lock was lost. */
  has(lock: Lock): boolean {
    return this.#entries.get(keyOf(lock))?.isLost === false;
  }

  remove(lock: Lock): void {
    this.#entries.delete(keyOf(lock));
    if (this.#entries.size === 0) this.#onEmpty?.();
  }

  abortAll(reason: Error): void {
    for (const { controller } of this.#entries.values()) controller.abort(reason);
  }

  async untilEmpty(): Promise<void> {
    if (this.#entries.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    await promise;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    // One more tick may come too late for these: nobody else has them before, so that two never work at once.
    const latest = performance.now() + this.#tickMs / 2;
    for (const entry of this.#entries.values()) if (entry.expiresAt <= latest) this.#lose(entry);
    const held = [...this.#entries.values()].filter(({ isLost }) => !isLost);
    if (held.length === 0 || this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      await this.#renew(held);
    } catch (error) {
      const reason = toDescription(error);
      this.#options.logger.warn({ source: this.#options.source, reason }, 'locks cannot be renewed');
    } finally {
      this.#isRenewing = false;
    }
  }

  async #renew(held: readonly Entry[]): Promise<void> {
    const { pool, source, lockSeconds } = this.#options;
    const askedAt = performance.now();
    const renewed = await renewDeliveries(pool, source, {
      locks: held.map(({ message }) => message),
      lockSeconds,
    });
    for (const entry of held) {
      if (renewed.has(entry.message.deliveryId)) entry.expiresAt = askedAt + lockSeconds * 1000;
      // One that was settled meanwhile is gone from both sides.
      else if (this.#entries.get(keyOf(entry.message)) === entry) this.#lose(entry);
    }
  }

  #lose(entry: Entry): void {
    if (entry.isLost) return;
    entry.isLost = true;
    entry.controller.abort(new Error('the lock is lost'));
  }
}

const keyOf = ({ deliveryId, token }: Lock): string => `${deliveryId}/${token}`;
