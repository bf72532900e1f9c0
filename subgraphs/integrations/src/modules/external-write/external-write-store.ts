/** Rows of `external_write`. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';

export const WRITE_KINDS = ['CREATE', 'COMMENT'] as const;
export type WriteKind = (typeof WRITE_KINDS)[number];

export interface WritePlace {
  readonly tenantId: string;
  readonly id: string;
}

export interface NewWrite extends WritePlace {
  readonly integrationId: string;
  readonly kind: WriteKind;
  readonly inputDigest: string;
  readonly sentAt: Date;
}

export type ExternalWrite = Omit<NewWrite, 'tenantId'> &
  ({ readonly state: 'SENT' | 'UNKNOWN' } | { readonly state: 'DONE'; readonly result: unknown });

/** Times become texts. */
const jsonSchema = z.record(z.string(), z.json());
const domains = z.object({ kind: z.enum(WRITE_KINDS), state: z.enum(['SENT', 'DONE', 'UNKNOWN']) });

/** False when there is one of this id. */
export async function insertWrite(tx: Tx, write: NewWrite): Promise<boolean> {
  const { count } = await tx.externalWrite.createMany({
    data: { ...write, state: 'SENT' },
    skipDuplicates: true,
  });
  return count === 1;
}

/** Locks the row until the transaction ends. */
export async function findWriteForUpdate(
  tx: Tx,
  { tenantId, id }: WritePlace,
): Promise<ExternalWrite | null> {
  await tx.$queryRaw`SELECT 1 FROM external_write WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR UPDATE`;
  const row = await tx.externalWrite.findFirst({ where: { tenantId, id } });
  if (row === null) return null;
  const { integrationId, inputDigest, sentAt, result } = row;
  const { kind, state } = domains.parse(row);
  const write = { id, integrationId, kind, inputDigest, sentAt };
  return state === 'DONE' ? { ...write, state, result } : { ...write, state };
}

export async function markDone(
  tx: Tx,
  { tenantId, id }: WritePlace,
  { result, endedAt }: { readonly result: object; readonly endedAt: Date },
): Promise<void> {
  // Also after it was held for lost: now its outcome is known.
  await tx.externalWrite.updateMany({
    where: { tenantId, id, state: { in: ['SENT', 'UNKNOWN'] } },
    data: { state: 'DONE', result: jsonSchema.parse(JSON.parse(JSON.stringify(result))), endedAt },
  });
}

export async function markUnknown(tx: Tx, { tenantId, id }: WritePlace, endedAt: Date): Promise<void> {
  await tx.externalWrite.updateMany({
    where: { tenantId, id, state: 'SENT' },
    data: { state: 'UNKNOWN', endedAt },
  });
}

/** One that was not done may be sent anew. */
export async function deleteWrite(tx: Tx, { tenantId, id }: WritePlace): Promise<void> {
  await tx.externalWrite.deleteMany({ where: { tenantId, id, state: { in: ['SENT', 'UNKNOWN'] } } });
}
