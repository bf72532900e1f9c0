/** The body of a message: `{ type, timestamp, data }`, small enough for every receiver. */

/** Standard Webhooks asks for less than 20 kB. */
export const MAX_BODY_BYTES = 20_000;
const MAX_ID_LENGTH = 100;

export interface ToldEvent {
  readonly type: string;
  /** When what it tells of was done. */
  readonly time: string;
  readonly data: unknown;
}

/** Data that is too large is reduced to the ids in it, with `truncated: true`: the receiver reads the rest where it is. */
export function toMessageBody({ type, time: timestamp, data }: ToldEvent): string {
  const whole = JSON.stringify({ type, timestamp, data });
  if (Buffer.byteLength(whole) < MAX_BODY_BYTES) return whole;
  return JSON.stringify({ type, timestamp, data: { ...idsIn(data), truncated: true } });
}

/** Ids, numbers and truths of the data itself, and the id or key of each object in it. */
function idsIn(data: unknown): Record<string, unknown> {
  return Object.fromEntries(
    entriesOf(data).flatMap(([name, value]) => {
      if (isSmall(name, value)) return [[name, value]];
      const own = entriesOf(value).filter(([inner, id]) => isId(inner, id));
      return own.length > 0 ? [[name, Object.fromEntries(own)]] : [];
    }),
  );
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

const isId = (name: string, value: unknown): boolean =>
  /^(id|key)$|Id$/.test(name) && typeof value === 'string' && value.length <= MAX_ID_LENGTH;

const isSmall = (name: string, value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || isId(name, value);
