import type { Clock } from '@flowgrid/platform';
import type { AuthDatabase } from '../../database.ts';
import { planRotation } from './plan-rotation.ts';
import { generateSigningKey } from './signing-key.ts';
import { applyRotation, listSigningKeys, lockRotation } from './signing-key-store.ts';

export interface RotationReport {
  /** Ids of the keys that were made. */
  readonly created: readonly string[];
  /** Ids of the keys that were removed, because no token of theirs can be valid any more. */
  readonly removed: readonly string[];
}

/**
 * Makes first keys, successors of keys that are old, and removes what has retired.
 * Safe in several processes at once: the second finds nothing to do.
 */
export async function rotateKeys(
  options: { readonly database: AuthDatabase; readonly clock: Clock; readonly keySecret: Buffer },
  isForced = false,
): Promise<RotationReport> {
  const { database, clock, keySecret } = options;
  return database.withoutTenant((client) =>
    client.$transaction(async (tx) => {
      await lockRotation(tx);
      const now = clock.now();
      const plan = planRotation(await listSigningKeys(tx), now, isForced);
      const created = await Promise.all(
        plan.create.map((facts) => generateSigningKey({ ...facts, createdAt: now }, keySecret)),
      );
      await applyRotation(tx, plan, created);
      return { created: created.map(({ id }) => id), removed: plan.remove };
    }),
  );
}
