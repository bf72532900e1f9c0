/** Reads the body of a message as an event of the catalogue. */
import { z } from 'zod';
import { envelopeModel, type Envelope } from '../envelope.ts';
import { DeadLetterError, type Message } from '../transport/transport.ts';
import { EVENT_CATALOGUE, isEventType, type EventType } from './catalogue.ts';
import type { EventDefinition } from './define-event.ts';
import { parseData, type TypedEnvelope } from './to-envelope.ts';

/**
 * @throws DeadLetterError `not-json`, `invalid-data`, `unknown-type` or `newer-version`: trying again would not help, but
 * a later release may know what to do with it.
 */
export function parseEvent(message: Pick<Message, 'body' | 'tenantId' | 'type'>): TypedEnvelope {
  const envelope = parseEnvelope(message.body);
  const { type } = envelope;
  if (envelope.tenantid !== message.tenantId) {
    throw new DeadLetterError('invalid-data', 'the event is of another tenant than its message');
  }
  // Who may send what is decided by the type of the message.
  if (type !== message.type) {
    throw new DeadLetterError('invalid-data', 'the event is of another type than its message');
  }
  if (!isEventType(type)) throw new DeadLetterError('unknown-type', `no event is called ${type}`);
  const definition: EventDefinition = EVENT_CATALOGUE[type];
  if (envelope.schemaversion > definition.version) {
    throw new DeadLetterError(
      'newer-version',
      `${type} has version ${envelope.schemaversion}, known is ${definition.version}`,
    );
  }
  return withData(envelope, type, definition);
}

function parseEnvelope(body: string): Envelope {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new DeadLetterError('not-json', 'the message is not JSON', { cause: error });
  }
  const parsed = envelopeModel.safeParse(json);
  if (!parsed.success) throw invalid('the envelope', parsed.error);
  return parsed.data;
}

function withData<Type extends EventType>(
  envelope: Envelope,
  type: Type,
  { data }: EventDefinition,
): TypedEnvelope<Type> {
  try {
    return { ...envelope, type, data: parseData<Type>(data, envelope.data) };
  } catch (error) {
    if (error instanceof z.ZodError) throw invalid(`the data of ${type}`, error);
    throw error;
  }
}

/** Names the fields, not their values: descriptions are read by operators. */
function invalid(what: string, error: z.ZodError): DeadLetterError {
  const fields = error.issues.map(({ path, code }) => `${path.join('.')} (${code})`).join(', ');
  return new DeadLetterError('invalid-data', `${what} is not as the catalogue says: ${fields}`, {
    cause: error,
  });
}
