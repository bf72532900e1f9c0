import { invariant } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts';

/** A data key as it is stored. */
export interface DataKeyRow {
  readonly id: string;
  readonly version: number;
  readonly wrappedKey: string;
  readonly wrappedBy: string;
  readonly createdAt: Date;
  readonly activeAt: Date;
}

type SqlReader = Pick<Tx, '$queryRaw'>;

const MAX_KEYS = 100;
const MAX_ENVELOPES = 10_000;

export async function listDataKeys(tx: Tx, tenantId: string): Promise<readonly DataKeyRow[]> {
  return tx.dataKey.findMany({
    where: { tenantId },
    select: { id: true, version: true, wrappedKey: true, wrappedBy: true, createdAt: true, activeAt: true },
    orderBy: { version: 'desc' },
    take: MAX_KEYS,
  });
}

/** False when somebody else made this version. */
export async function insertDataKey(
  tx: Tx,
  tenantId: string,
  key: DataKeyRow & { readonly wrappedAt: Date },
): Promise<boolean> {
  const { count } = await tx.dataKey.createMany({ data: [{ tenantId, ...key }], skipDuplicates: true });
  return count === 1;
}

/** Nothing when it was wrapped again, or destroyed, meanwhile. */
export async function replaceWrapping(
  tx: Tx,
  tenantId: string,
  changed: {
    readonly former: DataKeyRow;
    readonly wrappedKey: string;
    readonly wrappedBy: string;
    readonly wrappedAt: Date;
  },
): Promise<boolean> {
  const { former, ...data } = changed;
  const { id, wrappedKey } = former;
  const { count } = await tx.dataKey.updateMany({ where: { tenantId, id, wrappedKey }, data });
  return count === 1;
}

export async function deleteDataKeys(tx: Tx, tenantId: string, ids?: readonly string[]): Promise<number> {
  const { count } = await tx.dataKey.deleteMany({
    where: { tenantId, ...(ids && { id: { in: [...ids] } }) },
  });
  return count;
}

/** What another key than this one sealed. */
export async function listEnvelopesOfOthers(
  tx: Tx,
  tenantId: string,
  { column: { table, column }, keyId }: { readonly column: SealedColumn; readonly keyId: string },
): Promise<readonly unknown[]> {
  const [from, name] = [Prisma.raw(`"${table}"`), Prisma.raw(`"${column}"`)];
  const rows = await tx.$queryRaw<{ envelope: unknown }[]>`
    SELECT ${name} AS envelope FROM ${from}
     WHERE tenant_id = ${tenantId}::uuid AND ${name} ->> 'v' = '2' AND ${name} ->> 'keyId' <> ${keyId}
     LIMIT ${MAX_ENVELOPES}`;
  return rows.map(({ envelope }) => envelope);
}

/** Fields of credentials that were sealed before there were data keys. */
export async function listFormerEnvelopes(
  tx: Tx,
  tenantId: string,
): Promise<readonly { readonly owner: string; readonly field: string; readonly envelope: unknown }[]> {
  return tx.$queryRaw<{ owner: string; field: string; envelope: unknown }[]>`
    SELECT integration_id AS owner, field, envelope FROM integration_credential
     WHERE tenant_id = ${tenantId}::uuid AND envelope ->> 'v' = '1'
     LIMIT ${MAX_ENVELOPES}`;
}

/** Leaves nothing of them that any key opens; that there was a field stays, so that its credential is known to be lost. */
export async function destroyFormerEnvelopes(tx: Tx, tenantId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_credential SET envelope = '{}'
     WHERE tenant_id = ${tenantId}::uuid AND envelope ->> 'v' = '1'`;
}

/** False when the secret was replaced meanwhile: no two envelopes are the same. */
export async function replaceEnvelope(
  tx: Tx,
  tenantId: string,
  changed: { readonly column: SealedColumn; readonly former: unknown; readonly envelope: unknown },
): Promise<boolean> {
  const { table, column } = changed.column;
  const [into, name] = [Prisma.raw(`"${table}"`), Prisma.raw(`"${column}"`)];
  const count = await tx.$executeRaw`
    UPDATE ${into} SET ${name} = ${JSON.stringify(changed.envelope)}::jsonb
     WHERE tenant_id = ${tenantId}::uuid AND ${name} = ${JSON.stringify(changed.former)}::jsonb`;
  return count > 0;
}

export async function isDataKeyUsed(tx: Tx, tenantId: string, keyId: string): Promise<boolean> {
  for (const { table, column } of SEALED_COLUMNS) {
    const [from, name] = [Prisma.raw(`"${table}"`), Prisma.raw(`"${column}"`)];
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM ${from} WHERE tenant_id = ${tenantId}::uuid AND ${name} ->> 'keyId' = ${keyId} LIMIT 1`;
    if (rows.length > 0) return true;
  }
  return false;
}

interface Place {
  readonly tenantId: string;
  readonly id: string;
}

interface PageAfter {
  readonly after: Place;
  readonly pageSize: number;
}

/** Of all tenants: data keys that another key than this one wrapped, or that have a successor. */
export async function listDataKeysToTend(
  client: SqlReader,
  currentKey: string,
  { after, pageSize }: PageAfter,
): Promise<readonly Place[]> {
  return client.$queryRaw<Place[]>`
    SELECT tenant_id AS "tenantId", id
      FROM list_data_keys_to_tend(${currentKey}, ${after.tenantId}::uuid, ${after.id}::uuid, ${pageSize}::int)`;
}

/** Of all tenants: integrations with credentials that were sealed before there were data keys. */
export async function listFormerCredentials(
  client: SqlReader,
  { after, pageSize }: PageAfter,
): Promise<readonly Place[]> {
  return client.$queryRaw<Place[]>`
    SELECT tenant_id AS "tenantId", id
      FROM list_former_credentials(${after.tenantId}::uuid, ${after.id}::uuid, ${pageSize}::int)`;
}

export interface DataKeyMeasure {
  readonly keys: number;
  readonly tenants: number;
  readonly wrappedByOthers: number;
  readonly superseded: number;
  readonly formerCredentials: number;
}

export async function measureDataKeys(client: SqlReader, currentKey: string): Promise<DataKeyMeasure> {
  const [measure] = await client.$queryRaw<DataKeyMeasure[]>`
    SELECT keys, tenants, wrapped_by_others AS "wrappedByOthers", superseded, former_credentials AS "formerCredentials"
      FROM measure_data_keys(${currentKey})`;
  invariant(measure !== undefined, 'an aggregate has a row');
  return measure;
}
