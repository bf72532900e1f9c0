/** Messages and outcomes as rhea writes and reads them; its types do not name all that it offers. */
import rhea, { type Message } from 'rhea';
import type { AmqpFailure } from './errors.ts';

interface Outcomes {
  accepted(): { described(): unknown };
  rejected(fields: { error: unknown }): { described(): unknown };
}

const outcomes = rhea.message as unknown as Outcomes;

export const decode = (encoded: Buffer): Message => rhea.message.decode(encoded) as unknown as Message;
export const encode = (message: Message): Buffer => rhea.message.encode(message);
export const accepted = (): unknown => outcomes.accepted().described();
export const rejected = (failure: AmqpFailure): unknown =>
  outcomes.rejected({ error: failure.toAmqp() }).described();
export const toText = (value: unknown): string => (typeof value === 'string' ? value : '');
