import { MAX_BODY_BYTES, type Message } from './transport.ts';

/** Throws for the first message whose body is larger than every transport takes, before any of them is sent. */
export function requireBodySizes(messages: readonly Message[]): void {
  for (const { id, body } of messages) {
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_BODY_BYTES) {
      throw new RangeError(
        `the body of message ${id} has ${bytes} bytes, at most ${MAX_BODY_BYTES} are sent`,
      );
    }
  }
}
