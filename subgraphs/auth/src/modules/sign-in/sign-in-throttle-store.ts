import { z } from 'zod';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Tx } from '../../database.ts';

export interface AttemptWindow {
  readonly key: string;
  readonly attempts: number;
  readonly windowEndsAt: Date;
}

const rowsModel = z.array(z.object({ key: z.string(), attempts: z.number(), windowEndsAt: z.date() }));

/** Adds one attempt to each window, or begins a new one; a statement, so that nobody counts in between. */
export async function countAttempts(
  tx: Tx,
  keys: readonly string[],
  times: { readonly now: Date; readonly windowEndsAt: Date },
): Promise<readonly AttemptWindow[]> {
  const { now, windowEndsAt } = times;
  // Rows are always locked in the same order, or two sign-ins could wait for each other.
  const values = keys.toSorted().map((key) => Prisma.sql`(${key}, 1, ${windowEndsAt}::timestamptz)`);
  const rows: unknown = await tx.$queryRaw`
    INSERT INTO sign_in_attempt AS known (key, attempts, window_ends_at) VALUES ${Prisma.join(values)}
    ON CONFLICT (key) DO UPDATE SET
      attempts = CASE WHEN known.window_ends_at <= ${now}::timestamptz THEN 1 ELSE known.attempts + 1 END,
      window_ends_at = CASE WHEN known.window_ends_at <= ${now}::timestamptz THEN excluded.window_ends_at ELSE known.window_ends_at END
    RETURNING key, attempts, window_ends_at AS "windowEndsAt"`;
  return rowsModel.parse(rows);
}

export async function forgetAttempts(tx: Tx, key: string): Promise<void> {
  await tx.signInAttempt.deleteMany({ where: { key } });
}

export async function takeBackAttempt(tx: Tx, key: string): Promise<void> {
  await tx.signInAttempt.updateMany({
    where: { key, attempts: { gt: 0 } },
    data: { attempts: { decrement: 1 } },
  });
}

export async function removeEndedWindows(tx: Tx, now: Date): Promise<void> {
  await tx.signInAttempt.deleteMany({ where: { windowEndsAt: { lte: now } } });
}
