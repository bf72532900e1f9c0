/** `<entity>/$management`: requests that are no deliveries. */
import rhea, { type Message } from 'rhea';
import { decode, encode, toText } from './codec.ts';
import { toDelivered } from './delivery-link.ts';
import type { Consumer, Entity, Outcome } from './entity.ts';
import { AmqpFailure } from './errors.ts';
import { fromRequest } from './lock-token.ts';
import { SessionEntity } from './session-entity.ts';
import type { Destination, Store } from './store.ts';

export interface ManagementRequest {
  readonly address: string;
  readonly message: Message;
  /** The delivery link that the request is about. */
  readonly consumer: Consumer | null;
}

type Body = Record<string, unknown>;

/** The body of the answer, null for `no content`; throws the failure to answer with. */
export function answerRequest(store: Store, { address, message, consumer }: ManagementRequest): Body | null {
  const body = (message.body ?? {}) as Body;
  const operation = String(message.application_properties?.['operation']);
  switch (operation) {
    case 'com.microsoft:peek-message':
      return peek(store.getEntity(address), body);
    case 'com.microsoft:renew-lock':
      return {
        expirations: toTokens(body).map((token) => toTimestamp(store.getEntity(address).renew(token))),
      };
    case 'com.microsoft:update-disposition':
      for (const token of toTokens(body)) store.getEntity(address).settle(token, toOutcome(body));
      return {};
    case 'com.microsoft:schedule-message':
      return schedule(store.getDestination(address), body);
    case 'com.microsoft:cancel-scheduled-message':
      for (const sequence of toList(body['sequence-numbers'])) {
        store.getDestination(address).cancelScheduled(toNumber(sequence));
      }
      return {};
    default:
      return answerSessionRequest(requireSessions(store.getEntity(address)), { operation, body, consumer });
  }
}

function answerSessionRequest(
  entity: SessionEntity,
  { operation, body, consumer }: { operation: string; body: Body; consumer: Consumer | null },
): Body {
  const id = String(body['session-id']);
  switch (operation) {
    case 'com.microsoft:renew-session-lock':
      return { expiration: toTimestamp(entity.renewSession(id, consumer)) };
    case 'com.microsoft:get-session-state':
      return { 'session-state': entity.requireHeld(id, consumer).state };
    case 'com.microsoft:set-session-state':
      entity.requireHeld(id, consumer).state = (body['session-state'] ?? null) as Buffer | null;
      return {};
    case 'com.microsoft:get-message-sessions':
      return { 'sessions-ids': entity.listSessions() };
    default:
      throw new AmqpFailure('amqp:not-implemented', `${operation} is not offered here`);
  }
}

function peek(entity: Entity, body: Body): Body | null {
  const from = toNumber(body['from-sequence-number']);
  const session = body['session-id'];
  const found = entity
    .list()
    .filter(({ sequence, sessionId }) => sequence >= from && (session == null || sessionId === session))
    .slice(0, Number(body['message-count']));
  if (found.length === 0) return null;
  return {
    messages: found.map((stored) => ({
      message: encode(toDelivered(stored, null, entity.deadLetters === null)),
    })),
  };
}

function schedule(destination: Destination, body: Body): Body {
  const sequences = toList(body['messages']).map((entry) => {
    const message = decode((entry as { message: Buffer }).message);
    const due = message.message_annotations?.['x-opt-scheduled-enqueue-time'] as Date | number;
    return destination.schedule(message, new Date(due).getTime());
  });
  return { 'sequence-numbers': sequences.map((sequence) => rhea.types.wrap_long(sequence)) };
}

function toOutcome(body: Body): Outcome {
  const properties = (body['properties-to-modify'] ?? {}) as Record<string, unknown>;
  switch (body['disposition-status']) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: toText(body['deadletter-reason']),
        description: toText(body['deadletter-description']),
        properties,
      };
    default:
      throw new AmqpFailure('amqp:not-implemented', 'messages cannot be deferred here');
  }
}

function requireSessions(entity: Entity): SessionEntity {
  if (entity instanceof SessionEntity) return entity;
  throw new AmqpFailure('amqp:not-allowed', `'${entity.path}' has no sessions`);
}

const toList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const toTokens = (body: Body): string[] =>
  toList(body['lock-tokens']).map((token) => fromRequest(token as Buffer));
const toTimestamp = (time: number): unknown => rhea.types.wrap_timestamp(time);
/** A 64 bit number is decoded as a buffer when it is large. */
const toNumber = (value: unknown): number =>
  Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
