/** Rows of `integration` and `integration_credential`. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { Integration as Row } from '../../generated/prisma/client.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import type { SealedEnvelope } from '../credential/secret-box.ts';
import { CAPABILITIES, CAPABILITY_STATUSES } from '../../adapters/connector.ts';
import {
  INTEGRATION_KINDS,
  INTEGRATION_STATUSES,
  type Integration,
  type IntegrationKind,
} from './integration.ts';

export interface SealedField {
  readonly field: string;
  readonly envelope: SealedEnvelope;
}

export type NewIntegration = Omit<
  Integration,
  'status' | 'lastError' | 'lastTestedAt' | 'checkedCapabilities' | 'connectionRevision' | 'updatedAt'
>;

const checkSchema = z.object({
  capability: z.enum(CAPABILITIES),
  status: z.enum(CAPABILITY_STATUSES),
  missing: z.string().nullable(),
});
const domains = z.object({
  kind: z.enum(INTEGRATION_KINDS),
  status: z.enum(INTEGRATION_STATUSES),
  // What another release has found, and this one cannot read, is found again by the next test.
  checkedCapabilities: z.array(checkSchema).nullable().catch(null),
});

export function toIntegration(row: Row): Integration {
  const { tenantId: _tenantId, ...integration } = row;
  return { ...integration, ...domains.parse(row) };
}

/** By name, and by id where kinds share a name: always the same order. */
const BY_NAME = [{ name: 'asc' }, { id: 'asc' }] satisfies Prisma.IntegrationOrderByWithRelationInput[];

export async function listIntegrations(
  tx: Tx,
  tenantId: string,
  kind: IntegrationKind | null,
): Promise<readonly Integration[]> {
  const where = kind === null ? { tenantId } : { tenantId, kind };
  const rows = await tx.integration.findMany({ where, orderBy: BY_NAME });
  return rows.map(toIntegration);
}

export async function findIntegrations(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly Integration[]> {
  const rows = await tx.integration.findMany({ where: { tenantId, id: { in: [...ids] } } });
  return rows.map(toIntegration);
}

export async function findIntegration(tx: Tx, tenantId: string, id: string): Promise<Integration | null> {
  const row = await tx.integration.findFirst({ where: { tenantId, id } });
  return row && toIntegration(row);
}

/** Locks the row until the transaction ends, so that what is decided from it still holds when it is written. */
export async function findIntegrationForUpdate(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<Integration | null> {
  await tx.$queryRaw`SELECT 1 FROM integration WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR UPDATE`;
  return findIntegration(tx, tenantId, id);
}

export function countIntegrations(tx: Tx, tenantId: string): Promise<number> {
  return tx.integration.count({ where: { tenantId } });
}

export async function isNameTaken(
  tx: Tx,
  tenantId: string,
  wanted: { readonly kind: IntegrationKind; readonly name: string; readonly exceptId: string },
): Promise<boolean> {
  const { kind, name, exceptId } = wanted;
  const row = await tx.integration.findFirst({
    where: { tenantId, kind, name, id: { not: exceptId } },
    select: { id: true },
  });
  return row !== null;
}

export async function insertIntegration(
  tx: Tx,
  tenantId: string,
  created: NewIntegration,
): Promise<Integration> {
  const row = await tx.integration.create({
    data: { tenantId, ...created, status: 'UNTESTED', connectionRevision: 1, updatedAt: created.createdAt },
  });
  return toIntegration(row);
}

export async function updateIntegration(
  tx: Tx,
  tenantId: string,
  changed: Integration,
): Promise<Integration> {
  const { id, kind: _kind, createdAt: _createdAt, checkedCapabilities: checked, ...data } = changed;
  const checkedCapabilities =
    checked?.map(({ capability, status, missing }) => ({ capability, status, missing })) ?? Prisma.DbNull;
  const row = await tx.integration.update({
    where: { tenantId_id: { tenantId, id } },
    data: { ...data, checkedCapabilities },
  });
  return toIntegration(row);
}

export async function deleteIntegration(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.integration.delete({ where: { tenantId_id: { tenantId, id } } });
}

/** Puts a credential in the place of the former one. */
export async function replaceCredential(
  tx: Tx,
  place: { readonly tenantId: string; readonly integrationId: string },
  sealed: { readonly fields: readonly SealedField[]; readonly sealedAt: Date },
): Promise<void> {
  await tx.integrationCredential.deleteMany({ where: place });
  await tx.integrationCredential.createMany({
    data: sealed.fields.map((field) => ({ ...place, ...field, sealedAt: sealed.sealedAt })),
  });
}

export async function listSealedFields(
  tx: Tx,
  place: { readonly tenantId: string; readonly integrationId: string },
): Promise<readonly { readonly field: string; readonly envelope: unknown }[]> {
  return tx.integrationCredential.findMany({ where: place, select: { field: true, envelope: true } });
}

/** True for the violation of a unique index: somebody else was faster. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
