/** Domain values on their way into jsonb columns. */
import type { Prisma } from './generated/prisma/client.ts';

/** Plain data as Prisma wants it. `undefined` members are left out; PostgreSQL refuses halves of characters and NUL in jsonb. */
export function toJson(value: object): Prisma.InputJsonValue {
  const text = JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'string' ? member.toWellFormed().replaceAll('\0', '\u{FFFD}') : member,
  );
  return JSON.parse(text) as Prisma.InputJsonValue;
}
