import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { SigningKey } from '../../generated/prisma/client.ts';
import type { RotationPlan } from './plan-rotation.ts';
import { KEY_USES, type SigningKeyRow } from './signing-key.ts';

/** One rotation at a time, whichever process does it. */
const ROTATION_LOCK = 7_205_512;

const jwkModel = z.looseObject({ kty: z.string() });

/** The lock ends with the transaction. */
export async function lockRotation(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ROTATION_LOCK})`;
}

export async function listSigningKeys(tx: Tx): Promise<readonly SigningKeyRow[]> {
  const rows = await tx.signingKey.findMany({ orderBy: { signsFrom: 'asc' } });
  return rows.map((row) => toSigningKey(row));
}

export async function applyRotation(
  tx: Tx,
  plan: RotationPlan,
  created: readonly SigningKeyRow[],
): Promise<void> {
  for (const { id, retiresAt } of plan.retire) {
    await tx.signingKey.update({ where: { id }, data: { retiresAt } });
  }
  await tx.signingKey.deleteMany({ where: { id: { in: [...plan.remove] } } });
  await tx.signingKey.createMany({
    data: created.map((key) => ({ ...key, publicJwk: jwkModel.parse(key.publicJwk) as object })),
  });
}

function toSigningKey(row: SigningKey): SigningKeyRow {
  return { ...row, use: z.enum(KEY_USES).parse(row.use), publicJwk: jwkModel.parse(row.publicJwk) };
}
