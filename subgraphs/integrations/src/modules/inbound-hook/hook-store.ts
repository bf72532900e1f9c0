/** Rows of `inbound_hook` and `inbound_hook_secret`. */
import { z } from 'zod';
import { newId } from '@flowgrid/platform';
import { HOOK_KINDS, HOOK_VERIFICATIONS } from '../../adapters/hooks/hook-dialect.ts';
import { mappingSchema } from '../../adapters/hooks/generic.ts';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { Prisma, type InboundHook as Row } from '../../generated/prisma/client.ts';
import type { SealedEnvelope } from '../credential/secret-box.ts';
import type { InboundHook } from './inbound-hook.ts';

export interface HookKey {
  readonly tenantId: string;
  readonly id: string;
}

/** A hook with the sealed secrets that count at the moment, the newest first. */
export interface HookWithSecrets {
  readonly hook: InboundHook;
  readonly envelopes: readonly unknown[];
}

const domains = z.object({
  kind: z.enum(HOOK_KINDS),
  verification: z.enum(HOOK_VERIFICATIONS),
  mapping: mappingSchema.nullable(),
});
const foundSchema = z.array(z.object({ tenant_id: z.uuid(), id: z.uuid() }));

function toHook(row: Row): InboundHook {
  const { tenantId: _tenantId, ...hook } = row;
  return { ...hook, ...domains.parse(row) };
}

/** Before a tenant is known. Null for an address that no hook has. */
export async function findHookByAddress(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  address: string,
): Promise<HookKey | null> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw`SELECT tenant_id, id FROM find_inbound_hook(${address})`,
  );
  const [row] = foundSchema.parse(rows);
  return row === undefined ? null : { tenantId: row.tenant_id, id: row.id };
}

export async function listHooks(tx: Tx, tenantId: string): Promise<readonly InboundHook[]> {
  const rows = await tx.inboundHook.findMany({
    where: { tenantId },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toHook);
}

export function countHooks(tx: Tx, tenantId: string): Promise<number> {
  return tx.inboundHook.count({ where: { tenantId } });
}

export async function findHook(tx: Tx, { tenantId, id }: HookKey): Promise<InboundHook | null> {
  const row = await tx.inboundHook.findFirst({ where: { tenantId, id } });
  return row && toHook(row);
}

/** Locks the row until the transaction ends. */
export async function findHookForUpdate(tx: Tx, key: HookKey): Promise<InboundHook | null> {
  await tx.$queryRaw`
    SELECT 1 FROM inbound_hook WHERE tenant_id = ${key.tenantId}::uuid AND id = ${key.id}::uuid FOR UPDATE`;
  return findHook(tx, key);
}

/** In one statement. */
export async function findHookWithSecrets(
  tx: Tx,
  { tenantId, id }: HookKey,
  now: Date,
): Promise<HookWithSecrets | null> {
  const row = await tx.inboundHook.findFirst({
    where: { tenantId, id },
    include: {
      secrets: {
        where: { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      },
    },
  });
  if (row === null) return null;
  const { secrets, ...hook } = row;
  return { hook: toHook(hook), envelopes: secrets.map(({ envelope }) => envelope) };
}

export async function insertHook(tx: Tx, tenantId: string, hook: InboundHook): Promise<void> {
  await tx.inboundHook.create({ data: { tenantId, ...hook, mapping: hook.mapping ?? Prisma.DbNull } });
}

export async function updateHook(
  tx: Tx,
  tenantId: string,
  { id, name, isEnabled, mapping, updatedAt }: InboundHook,
): Promise<void> {
  await tx.inboundHook.update({
    where: { tenantId_id: { tenantId, id } },
    data: { name, isEnabled, mapping: mapping ?? Prisma.DbNull, updatedAt },
  });
}

/** With its secrets, its registrations and what it received. */
export async function deleteHook(tx: Tx, { tenantId, id }: HookKey): Promise<void> {
  await tx.inboundHook.delete({ where: { tenantId_id: { tenantId, id } } });
}

/** The new secret counts at once; former ones end at `formerUntil` at the latest. */
export async function insertSecret(
  tx: Tx,
  { tenantId, id: hookId }: HookKey,
  secret: { readonly envelope: SealedEnvelope; readonly now: Date; readonly formerUntil: Date },
): Promise<void> {
  const { envelope, now, formerUntil } = secret;
  await tx.inboundHookSecret.deleteMany({ where: { tenantId, hookId, expiresAt: { lte: now } } });
  await tx.inboundHookSecret.updateMany({
    where: { tenantId, hookId, OR: [{ expiresAt: null }, { expiresAt: { gt: formerUntil } }] },
    data: { expiresAt: formerUntil },
  });
  await tx.inboundHookSecret.create({
    data: { tenantId, id: newId(), hookId, envelope, createdAt: now, expiresAt: null },
  });
}
