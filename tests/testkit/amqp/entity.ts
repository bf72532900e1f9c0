/** A queue, a subscription or a dead letter queue: what is stored, who has it locked, and where it goes when it is not wanted. */
import type { Message } from 'rhea';
import { AmqpFailure } from './errors.ts';
import { createLockToken } from './lock-token.ts';
import type { EntitySettings } from './namespace.ts';

export interface StoredMessage {
  readonly message: Message;
  readonly sequence: number;
  readonly enqueuedAt: number;
  readonly sessionId: string | null;
  deliveryCount: number;
  lock: MessageLock | null;
}

export interface MessageLock {
  readonly token: string;
  until: number;
  timer: NodeJS.Timeout | null;
}

/** A link that messages are delivered on. */
export interface Consumer {
  hasRoom(): boolean;
  deliver(stored: StoredMessage, lock: MessageLock): void;
  /** The session that it holds is no longer its own. */
  loseSession(failure: AmqpFailure): void;
}

export type Outcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon'; readonly properties?: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'dead-letter';
      readonly reason: string;
      readonly description: string;
      readonly properties?: Readonly<Record<string, unknown>>;
    };

export abstract class Entity {
  readonly path: string;
  readonly settings: EntitySettings;
  /** Null for a dead letter queue itself. */
  readonly deadLetters: Entity | null;
  readonly #locked = new Map<string, StoredMessage>();
  readonly #scheduled = new Map<number, { timer: NodeJS.Timeout; message: Message }>();
  #sequence = 0;

  constructor(path: string, settings: EntitySettings, deadLetters: Entity | null) {
    this.path = path;
    this.settings = settings;
    this.deadLetters = deadLetters;
  }

  protected abstract store(stored: StoredMessage): void;
  /** Takes it out for good. */
  protected abstract remove(stored: StoredMessage): void;
  /** Its lock has ended and it may be delivered again. */
  protected abstract release(stored: StoredMessage): void;
  abstract list(): StoredMessage[];
  abstract addConsumer(consumer: Consumer): void;
  abstract removeConsumer(consumer: Consumer): void;
  /** Gives messages to consumers that have room. */
  abstract pump(): void;
  /** Ends every lock now, as if the time were over. */
  abstract expireLocks(): void;

  get lockMs(): number {
    return this.settings.lockSeconds * 1000;
  }

  enqueue(message: Message): void {
    const due = toTime(message.message_annotations?.['x-opt-scheduled-enqueue-time']);
    if (due !== null && due > Date.now()) this.schedule(message, due);
    else this.#storeNow(message);
  }

  schedule(message: Message, due: number): number {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const timer = setTimeout(
      () => {
        this.#scheduled.delete(sequence);
        this.#storeNow(message);
      },
      Math.max(0, due - Date.now()) + 1,
    );
    this.#scheduled.set(sequence, { timer, message });
    return sequence;
  }

  cancelScheduled(sequence: number): void {
    const found = this.#scheduled.get(sequence);
    if (found === undefined) {
      throw new AmqpFailure('com.microsoft:message-not-found', `no scheduled message ${sequence}`);
    }
    clearTimeout(found.timer);
    this.#scheduled.delete(sequence);
  }

  settle(token: string, outcome: Outcome): void {
    const stored = this.#locked.get(token);
    if (stored === undefined) {
      throw new AmqpFailure(
        this.settings.requiresSession ? 'com.microsoft:session-lock-lost' : 'com.microsoft:message-lock-lost',
        'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
      );
    }
    this.unlock(stored);
    switch (outcome.kind) {
      case 'complete':
        this.remove(stored);
        break;
      case 'abandon':
        Object.assign((stored.message.application_properties ??= {}), outcome.properties);
        this.countDelivery(stored);
        break;
      case 'dead-letter':
        this.#bury(stored, outcome);
        break;
    }
    this.pump();
  }

  renew(token: string): number {
    const stored = this.#locked.get(token);
    if (stored?.lock == null) {
      throw new AmqpFailure('com.microsoft:message-lock-lost', 'The lock supplied is invalid.');
    }
    stored.lock.until = Date.now() + this.lockMs;
    stored.lock.timer?.refresh();
    return stored.lock.until;
  }

  dispose(): void {
    for (const { timer } of this.#scheduled.values()) clearTimeout(timer);
    for (const { lock } of this.#locked.values()) clearTimeout(lock?.timer ?? undefined);
    this.deadLetters?.dispose();
  }

  protected lock(stored: StoredMessage, until: number, timer: NodeJS.Timeout | null): MessageLock {
    const lock = { token: createLockToken(), until, timer };
    stored.lock = lock;
    this.#locked.set(lock.token, stored);
    return lock;
  }

  protected unlock(stored: StoredMessage): void {
    if (stored.lock === null) return;
    clearTimeout(stored.lock.timer ?? undefined);
    this.#locked.delete(stored.lock.token);
    stored.lock = null;
  }

  /** A delivery came to nothing: once more, or to the dead letters. */
  protected countDelivery(stored: StoredMessage): void {
    stored.deliveryCount += 1;
    if (this.deadLetters !== null && stored.deliveryCount >= this.settings.maxDeliveryCount) {
      this.#bury(stored, {
        reason: 'MaxDeliveryCountExceeded',
        description: `Message could not be consumed after ${stored.deliveryCount} delivery attempts.`,
      });
    } else {
      this.release(stored);
    }
  }

  #storeNow(message: Message): void {
    this.#sequence += 1;
    this.store({
      message,
      sequence: this.#sequence,
      enqueuedAt: Date.now(),
      sessionId: message.group_id ?? null,
      deliveryCount: 0,
      lock: null,
    });
    this.pump();
  }

  #bury(
    stored: StoredMessage,
    cause: { reason: string; description: string; properties?: Readonly<Record<string, unknown>> },
  ): void {
    this.remove(stored);
    const { message } = stored;
    this.deadLetters?.enqueue({
      ...message,
      application_properties: {
        ...message.application_properties,
        ...cause.properties,
        DeadLetterReason: cause.reason,
        DeadLetterErrorDescription: cause.description,
      },
      message_annotations: { ...message.message_annotations, 'x-opt-deadletter-source': this.path },
    });
  }
}

function toTime(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value : null;
}
