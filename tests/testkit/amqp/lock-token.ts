/** Lock tokens: a UUID for management requests, 16 bytes in the order of .NET for the tag of a delivery. */
import { randomUUID } from 'node:crypto';
import rhea from 'rhea';

export const createLockToken = (): string => randomUUID();

export function toDeliveryTag(token: string): Buffer {
  const bytes = rhea.string_to_uuid(token);
  return Buffer.from([
    ...bytes.subarray(0, 4).toReversed(),
    ...bytes.subarray(4, 6).toReversed(),
    ...bytes.subarray(6, 8).toReversed(),
    ...bytes.subarray(8),
  ]);
}

/** A token as a management request carries it. */
export const fromRequest = (bytes: Buffer): string => rhea.uuid_to_string(bytes);
