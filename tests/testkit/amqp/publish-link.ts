/** A link on which a client sends to a queue or topic, one message or a batch at a time. */
import type { EventContext, Message, Receiver } from 'rhea';
import { decode, encode } from './codec.ts';
import { AmqpFailure } from './errors.ts';
import type { Faults } from './faults.ts';
import type { Destination } from './store.ts';

/** Azure Service Bus, standard tier. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
const BATCH_FORMAT = 0x80_01_37_00;

export function servePublishLink(receiver: Receiver, destination: Destination, faults: Faults): void {
  receiver.on('message', ({ message, delivery, format }: EventContext & { format?: number }) => {
    if (message === undefined || delivery === undefined) return;
    try {
      const failure = faults.takeSendFailure();
      if (failure !== undefined) throw failure;
      const messages = format === BATCH_FORMAT ? fromBatch(message as unknown as Buffer) : [message];
      requireSize(format === BATCH_FORMAT ? (message as unknown as Buffer).length : sizeOf(message));
      for (const each of messages) destination.send(each);
      delivery.accept();
    } catch (error) {
      if (!(error instanceof AmqpFailure)) throw error;
      // The real service ends the link of a sender that broke its limits, and of one that it turns away.
      const isFatal = error.condition.startsWith('amqp:link');
      if (isFatal) receiver.close(error.toAmqp());
      else delivery.reject(error.toAmqp());
    }
  });
}

/** A batch is one message whose data sections are encoded messages. */
function fromBatch(encoded: Buffer): Message[] {
  const { content } = decode(encoded).body as { content: Buffer | Buffer[] };
  return (Array.isArray(content) ? content : [content]).map((each) => decode(each));
}

const sizeOf = (message: Message): number => encode(message).length;

function requireSize(bytes: number): void {
  if (bytes <= MAX_MESSAGE_BYTES) return;
  throw new AmqpFailure(
    'amqp:link:message-size-exceeded',
    `The received message (size:${bytes} bytes) exceeds the limit (${MAX_MESSAGE_BYTES} bytes) currently allowed on the link.`,
  );
}
