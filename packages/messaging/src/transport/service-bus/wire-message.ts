/** Messages of the contract as Service Bus messages, and back. */
import { createHash, randomUUID } from 'node:crypto';
import type { ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus';
import type { DeadLetter, Message } from '../transport.ts';

/** Application properties; `resource` is what the rules of subscriptions match. */
const PROPERTY = {
  tenantId: 'tenantid',
  type: 'type',
  resource: 'resource',
  orderKey: 'orderkey',
  /** The message's id, where the broker's message id is another one: that of a replayed message. */
  id: 'messageid',
  /** The only source that a replayed message is for. */
  replayedTo: 'replayedto',
  deadAt: 'deadat',
} as const;

const MAX_SESSION_ID_LENGTH = 128;
const MAX_DESCRIPTION_LENGTH = 4096;

export function toWire(message: Message, notBefore?: Date): ServiceBusMessage {
  const { id, tenantId, type, orderKey, body } = message;
  return {
    messageId: id,
    sessionId: toSessionId(message),
    // A buffer is sent as it is; of a string the SDK would make a JSON string.
    body: Buffer.from(body),
    contentType: 'application/json',
    subject: type,
    applicationProperties: {
      [PROPERTY.tenantId]: tenantId,
      [PROPERTY.type]: type,
      [PROPERTY.resource]: type.split('.', 1)[0] ?? '',
      ...(orderKey === null ? {} : { [PROPERTY.orderKey]: orderKey }),
    },
    ...(notBefore === undefined ? {} : { scheduledEnqueueTimeUtc: notBefore }),
  };
}

/** A copy for one source: with another message id, or duplicate detection would swallow it. */
export function toReplay(message: Message, sourceName: string): ServiceBusMessage {
  const wire = toWire(message);
  return {
    ...wire,
    messageId: randomUUID(),
    applicationProperties: {
      ...wire.applicationProperties,
      [PROPERTY.id]: message.id,
      [PROPERTY.replayedTo]: sourceName,
    },
  };
}

/** Null when it was not sent by a transport of this kind. */
export function fromWire({
  messageId,
  body,
  applicationProperties: properties = {},
}: ServiceBusReceivedMessage): Message | null {
  const [tenantId, type, orderKey = null] = [
    properties[PROPERTY.tenantId],
    properties[PROPERTY.type],
    properties[PROPERTY.orderKey],
  ];
  const id = properties[PROPERTY.id] ?? messageId;
  if (typeof id !== 'string' || typeof tenantId !== 'string' || typeof type !== 'string') return null;
  if ((orderKey !== null && typeof orderKey !== 'string') || !Buffer.isBuffer(body)) return null;
  return { id, tenantId, type, orderKey, body: body.toString('utf8') };
}

/** A replayed message reaches every subscription whose rules match; all but one pass it over. */
export function isForOther(
  { applicationProperties: properties = {} }: ServiceBusReceivedMessage,
  sourceName: string,
): boolean {
  const only = properties[PROPERTY.replayedTo];
  return only !== undefined && only !== sourceName;
}

export interface DeadLetterCause {
  readonly reason: string;
  readonly description: string;
}

export function toDeadLetterOptions(cause: DeadLetterCause): {
  deadLetterReason: string;
  deadLetterErrorDescription: string;
  [PROPERTY.deadAt]: string;
} {
  return {
    deadLetterReason: cause.reason.slice(0, MAX_DESCRIPTION_LENGTH),
    deadLetterErrorDescription: cause.description.slice(0, MAX_DESCRIPTION_LENGTH),
    [PROPERTY.deadAt]: new Date().toISOString(),
  };
}

export function toDeadLetter(received: ServiceBusReceivedMessage): DeadLetter {
  const { applicationProperties: properties = {}, deadLetterReason, deadLetterErrorDescription } = received;
  const deadAt = properties[PROPERTY.deadAt];
  const message = fromWire(received) ?? {
    id: String(received.messageId ?? ''),
    tenantId: '',
    type: '',
    orderKey: null,
    body: Buffer.isBuffer(received.body) ? received.body.toString('utf8') : '',
  };
  return {
    ...message,
    // The broker's own word, for a receiver that died at every delivery.
    reason: deadLetterReason === 'MaxDeliveryCountExceeded' ? 'max-deliveries' : (deadLetterReason ?? ''),
    description: deadLetterErrorDescription ?? '',
    deadAt: typeof deadAt === 'string' ? new Date(deadAt) : (received.enqueuedTimeUtc ?? new Date(0)),
  };
}

/** One session per order key; a message without one has a session to itself. */
function toSessionId({ id, orderKey }: Message): string {
  const key = orderKey ?? id;
  if (key.length <= MAX_SESSION_ID_LENGTH) return key;
  return createHash('sha256').update(key).digest('base64url');
}
