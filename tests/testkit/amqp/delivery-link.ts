/** A link on which a client receives: peek-lock, or settled when sent. */
import rhea, { type Delivery, type EventContext, type Message, type Sender } from 'rhea';
import type { Consumer, Entity, MessageLock, Outcome, StoredMessage } from './entity.ts';
import { accepted, rejected, toText } from './codec.ts';
import { AmqpFailure } from './errors.ts';
import type { Faults } from './faults.ts';
import { toDeliveryTag } from './lock-token.ts';
import { answerEveryDrain, getCreditLimit, isDraining, settleForGood } from './rhea-internals.ts';

const SETTLED_WHEN_SENT = 1;

export class DeliveryLink implements Consumer {
  readonly #sender: Sender;
  readonly #entity: Entity;
  readonly #faults: Faults;
  readonly #tokens = new Map<Delivery, string>();
  #used = 0;

  constructor(sender: Sender, entity: Entity, faults: Faults) {
    this.#sender = sender;
    this.#entity = entity;
    this.#faults = faults;
    answerEveryDrain(sender);
    sender.on('sender_flow', () => this.#onFlow());
    sender.on('accepted', (context: EventContext) => this.#settle(context, { kind: 'complete' }));
    sender.on('released', (context: EventContext) => this.#settle(context, { kind: 'abandon' }));
    sender.on('modified', (context: EventContext) => this.#settle(context, toAbandon(context)));
    sender.on('rejected', (context: EventContext) => this.#settle(context, toDeadLetter(context)));
  }

  hasRoom(): boolean {
    return this.#sender.is_open() && this.#used < getCreditLimit(this.#sender);
  }

  deliver(stored: StoredMessage, lock: MessageLock): void {
    this.#used += 1;
    const delivery = this.#sender.send(
      toDelivered(stored, lock, this.#entity.deadLetters === null),
      toDeliveryTag(lock.token),
    );
    if (this.#sender.snd_settle_mode === SETTLED_WHEN_SENT) {
      this.#entity.settle(lock.token, { kind: 'complete' });
    } else {
      this.#tokens.set(delivery, lock.token);
    }
  }

  loseSession(failure: AmqpFailure): void {
    this.#sender.close(failure.toAmqp());
  }

  close(): void {
    this.#entity.removeConsumer(this);
    this.#tokens.clear();
  }

  #onFlow(): void {
    this.#entity.pump();
    if (!isDraining(this.#sender)) return;
    this.#used = getCreditLimit(this.#sender);
    this.#sender.set_drained(true);
  }

  #settle({ delivery }: EventContext, outcome: Outcome | AmqpFailure): void {
    const token = delivery === undefined ? undefined : this.#tokens.get(delivery);
    if (delivery === undefined || token === undefined || this.#faults.takeLostDisposition()) return;
    this.#tokens.delete(delivery);
    try {
      if (outcome instanceof AmqpFailure) throw outcome;
      this.#entity.settle(token, outcome);
      settleForGood(delivery, accepted());
    } catch (error) {
      if (!(error instanceof AmqpFailure)) throw error;
      settleForGood(delivery, rejected(error));
    }
  }
}

/** The stored message as it goes over the wire. */
export function toDelivered(stored: StoredMessage, lock: MessageLock | null, isDead: boolean): Message {
  const { message, sequence, enqueuedAt, deliveryCount } = stored;
  const { types } = rhea;
  const { ['x-opt-scheduled-enqueue-time']: _scheduled, ...annotations } = message.message_annotations ?? {};
  return {
    ...message,
    delivery_count: deliveryCount,
    message_annotations: {
      ...annotations,
      'x-opt-sequence-number': types.wrap_long(sequence),
      'x-opt-enqueue-sequence-number': types.wrap_long(isDead ? 0 : sequence),
      'x-opt-enqueued-time': types.wrap_timestamp(enqueuedAt),
      ...(lock === null ? {} : { 'x-opt-locked-until': types.wrap_timestamp(lock.until) }),
    },
  };
}

interface Modified {
  readonly undeliverable_here?: boolean;
  readonly message_annotations?: Record<string, unknown>;
}

function toAbandon({ delivery }: EventContext): Outcome | AmqpFailure {
  const state = delivery?.remote_state as Modified | undefined;
  if (state?.undeliverable_here === true) {
    return new AmqpFailure('amqp:not-implemented', 'messages cannot be deferred here');
  }
  return { kind: 'abandon', properties: state?.message_annotations ?? {} };
}

interface Rejected {
  readonly error?: { readonly info?: Record<string, unknown> };
}

function toDeadLetter({ delivery }: EventContext): Outcome {
  const state = delivery?.remote_state as Rejected | undefined;
  const { DeadLetterReason, DeadLetterErrorDescription, ...properties } = state?.error?.info ?? {};
  return {
    kind: 'dead-letter',
    reason: toText(DeadLetterReason),
    description: toText(DeadLetterErrorDescription),
    properties,
  };
}
