/** Rows of `inbound_registration`. */
import { z } from 'zod';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import type { InboundRegistration as Row } from '../../generated/prisma/client.ts';
import type { InboundRegistration } from './inbound-hook.ts';

export interface RegistrationKey {
  readonly tenantId: string;
  readonly id: string;
}

const claimSchema = z.array(z.object({ tenant_id: z.uuid(), id: z.uuid() }));

function toRegistration(row: Row): InboundRegistration {
  const { tenantId: _tenantId, refreshAfter: _refresh, redeliverAfter: _redeliver, ...registration } = row;
  return registration;
}

export async function listRegistrations(
  tx: Tx,
  tenantId: string,
  hookIds: readonly string[],
): Promise<readonly InboundRegistration[]> {
  const rows = await tx.inboundRegistration.findMany({
    where: { tenantId, hookId: { in: [...hookIds] } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toRegistration);
}

export async function listRegistrationsOfIntegration(
  tx: Tx,
  tenantId: string,
  integrationId: string,
): Promise<readonly InboundRegistration[]> {
  const rows = await tx.inboundRegistration.findMany({ where: { tenantId, hook: { integrationId } } });
  return rows.map(toRegistration);
}

export async function findRegistration(
  tx: Tx,
  { tenantId, id }: RegistrationKey,
): Promise<InboundRegistration | null> {
  const row = await tx.inboundRegistration.findFirst({ where: { tenantId, id } });
  return row && toRegistration(row);
}

export async function insertRegistration(
  tx: Tx,
  tenantId: string,
  registration: InboundRegistration,
  refreshAfter: Date | null,
): Promise<void> {
  await tx.inboundRegistration.create({ data: { tenantId, ...registration, refreshAfter } });
}

/** Without effect when it was ended meanwhile. */
export async function updateRegistration(
  tx: Tx,
  { tenantId, id }: RegistrationKey,
  data: Pick<InboundRegistration, 'foreignId' | 'expiresAt' | 'failures' | 'lastError'> & {
    readonly refreshAfter: Date | null;
  },
): Promise<void> {
  await tx.inboundRegistration.updateMany({ where: { tenantId, id }, data });
}

export async function deleteRegistration(tx: Tx, { tenantId, id }: RegistrationKey): Promise<void> {
  await tx.inboundRegistration.deleteMany({ where: { tenantId, id } });
}

/** Those that are to be renewed; nobody else gets them while the lease lasts. */
export async function claimRegistrations(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  leaseSeconds: number,
  count: number,
): Promise<readonly RegistrationKey[]> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw`
      SELECT tenant_id, id FROM claim_inbound_registrations(${leaseSeconds}::integer, ${count}::integer)`,
  );
  return claimSchema.parse(rows).map(({ tenant_id: tenantId, id }) => ({ tenantId, id }));
}

/** Those whose system is to be asked what did not arrive; nobody else gets them before the time is over. */
export async function claimRedeliveries(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  everySeconds: number,
  count: number,
): Promise<readonly RegistrationKey[]> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw`
      SELECT tenant_id, id FROM claim_inbound_redeliveries(${everySeconds}::integer, ${count}::integer)`,
  );
  return claimSchema.parse(rows).map(({ tenant_id: tenantId, id }) => ({ tenantId, id }));
}
