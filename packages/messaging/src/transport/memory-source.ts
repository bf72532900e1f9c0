/** A subscription or queue of a `MemoryBroker`: lanes of messages in order, locks that end, and dead letters. */
import type { SourceSettings } from './topology.ts';
import type { DeadLetter, Delivery, Message } from './transport.ts';

interface Entry {
  readonly message: Message;
  attempt: number;
  availableAt: number;
  claim: Claim | null;
}

/** A locked message. Each of its ends does nothing once the lock is lost. */
export interface Claim {
  readonly delivery: Delivery;
  /** This delivery is the last before the dead letters. */
  readonly isLast: boolean;
  abort(reason: Error): void;
  complete(): void;
  giveBack(delayMs: number): void;
  bury(reason: string, description: string): void;
}

export class MemorySource {
  readonly #settings: SourceSettings;
  /** By order key; a message without one has a lane of its own. Only the head of a lane is delivered. */
  readonly #lanes = new Map<string, Entry[]>();
  readonly #listeners = new Set<() => void>();
  #dead: DeadLetter[] = [];
  #unordered = 0;

  constructor(settings: SourceSettings) {
    this.#settings = settings;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(message: Message, notBefore?: Date): void {
    const wait = notBefore === undefined ? 0 : notBefore.getTime() - Date.now();
    if (wait > 0) {
      // A message of the future takes its place when its time comes, so that it holds up none of its key.
      this.#later(() => this.add(message, notBefore), wait);
      return;
    }
    const key = message.orderKey === null ? `none:${(this.#unordered += 1)}` : `key:${message.orderKey}`;
    const entry = { message, attempt: 0, availableAt: 0, claim: null };
    const lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, [entry]);
    else lane.push(entry);
    this.#changed();
  }

  /** Locks the next message, and keeps it locked for as long as `canRenew`. */
  claim(canRenew: () => boolean): Claim | null {
    const now = Date.now();
    for (const [key, lane] of this.#lanes) {
      const [head] = lane;
      if (head === undefined || head.claim !== null || head.availableAt > now) continue;
      head.attempt += 1;
      head.claim = this.#lock(key, head, canRenew);
      return head.claim;
    }
    return null;
  }

  listDead(limit: number): DeadLetter[] {
    return this.#dead.slice(0, limit);
  }

  replayDead(ids?: readonly string[]): number {
    const chosen = this.#dead.filter(({ id }) => ids === undefined || ids.includes(id));
    this.#dead = this.#dead.filter((letter) => !chosen.includes(letter));
    for (const { reason: _reason, description: _description, deadAt: _deadAt, ...message } of chosen) {
      this.add(message);
    }
    return chosen.length;
  }

  #lock(key: string, entry: Entry, canRenew: () => boolean): Claim {
    const controller = new AbortController();
    const timer = setInterval(() => {
      if (canRenew()) return;
      controller.abort(new Error('the lock is lost'));
      release(() => (entry.availableAt = 0));
    }, this.#settings.lockSeconds * 1000).unref();
    const release = (change: () => void): void => {
      if (entry.claim !== claim) return;
      clearInterval(timer);
      entry.claim = null;
      change();
      this.#changed();
    };
    const claim: Claim = {
      delivery: { ...entry.message, attempt: entry.attempt, signal: controller.signal },
      isLast: entry.attempt >= this.#settings.maxDeliveries,
      abort: (reason) => controller.abort(reason),
      complete: () => release(() => this.#remove(key)),
      giveBack: (delayMs) =>
        release(() => {
          entry.availableAt = Date.now() + delayMs;
          this.#later(() => this.#changed(), delayMs);
        }),
      bury: (reason, description) =>
        release(() => {
          this.#remove(key);
          this.#dead.push({ ...entry.message, reason, description, deadAt: new Date() });
        }),
    };
    return claim;
  }

  #remove(key: string): void {
    const lane = this.#lanes.get(key);
    lane?.shift();
    if (lane?.length === 0) this.#lanes.delete(key);
  }

  #later(action: () => void, delayMs: number): void {
    // One millisecond more: a timer may come early by a part of one.
    setTimeout(action, delayMs + 1).unref();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
