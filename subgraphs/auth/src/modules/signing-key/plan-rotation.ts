/** Decides which keys are made, retired and removed; knows no database. */
import { KEY_USES, type KeyTimes, type KeyUse } from './signing-key.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A key signs for this long before a successor is made. */
export const KEY_AGE_LIMIT_MS = 30 * DAY_MS;

/** A key is in the JWKS for this long before it signs: longer than any verifier keeps a JWKS. */
export const PUBLISH_LEAD_MS = 15 * MINUTE_MS;

/** A key stays for this long after its successor signs: a context token is evidence of a job for a day. */
export const RETENTION_MS = DAY_MS + 60 * MINUTE_MS;

export interface RotationPlan {
  readonly create: readonly { readonly use: KeyUse; readonly signsFrom: Date }[];
  readonly retire: readonly { readonly id: string; readonly retiresAt: Date }[];
  readonly remove: readonly string[];
}

/** `isForced` makes successors whatever the age; one that is published already and does not sign yet is enough. */
export function planRotation(keys: readonly KeyTimes[], now: Date, isForced: boolean): RotationPlan {
  const plans = KEY_USES.map((use) =>
    planUse(
      keys.filter((key) => key.use === use),
      { use, now, isForced },
    ),
  );
  return {
    create: plans.flatMap(({ create }) => create),
    retire: plans.flatMap(({ retire }) => retire),
    remove: keys.filter((key) => key.retiresAt !== null && key.retiresAt <= now).map(({ id }) => id),
  };
}

function planUse(
  keys: readonly KeyTimes[],
  { use, now, isForced }: { use: KeyUse; now: Date; isForced: boolean },
): Pick<RotationPlan, 'create' | 'retire'> {
  const newest = newestKey(keys);
  // There is nobody yet who could know another key.
  if (!newest) return { create: [{ use, signsFrom: now }], retire: [] };
  const age = now.getTime() - newest.signsFrom.getTime();
  if (age < (isForced ? 0 : KEY_AGE_LIMIT_MS)) return { create: [], retire: [] };
  const signsFrom = new Date(now.getTime() + PUBLISH_LEAD_MS);
  const retiresAt = new Date(signsFrom.getTime() + RETENTION_MS);
  const retire = keys.filter((key) => key.retiresAt === null).map(({ id }) => ({ id, retiresAt }));
  return { create: [{ use, signsFrom }], retire };
}

/** The key that signs at a time: the newest whose turn has come. */
export function signingKeyAt<Key extends KeyTimes>(
  keys: readonly Key[],
  use: KeyUse,
  now: Date,
): Key | undefined {
  return newestKey(keys.filter((key) => key.use === use && key.signsFrom <= now));
}

function newestKey<Key extends KeyTimes>(keys: readonly Key[]): Key | undefined {
  return keys.toSorted((one, other) => other.signsFrom.getTime() - one.signsFrom.getTime())[0];
}
