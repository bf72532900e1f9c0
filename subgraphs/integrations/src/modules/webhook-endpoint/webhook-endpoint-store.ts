/** Rows of `webhook_endpoint`, with its secrets and its place in the queue. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { Prisma } from '../../generated/prisma/client.ts';
import type { SealedEnvelope } from '../credential/secret-box.ts';
import { WEBHOOK_SIGNINGS } from './webhook-keys.ts';
import {
  WEBHOOK_DISABLED_REASONS,
  WEBHOOK_ENDPOINT_STATUSES,
  WEBHOOK_ORDERINGS,
  type WebhookEndpoint,
  type WebhookStatistics,
} from './webhook-endpoint.ts';

const WITH_PARTS = {
  secrets: {
    select: { id: true, publicKey: true, createdAt: true, expiresAt: true },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  },
  queue: {
    select: {
      failures: true,
      windowStartedAt: true,
      windowFailures: true,
      failingSince: true,
      notBefore: true,
    },
  },
} satisfies Prisma.WebhookEndpointInclude;

type Row = Prisma.WebhookEndpointGetPayload<{ include: typeof WITH_PARTS }>;

const domains = z.object({
  signing: z.enum(WEBHOOK_SIGNINGS),
  ordering: z.enum(WEBHOOK_ORDERINGS),
  status: z.enum(WEBHOOK_ENDPOINT_STATUSES),
  disabledReason: z.enum(WEBHOOK_DISABLED_REASONS).nullable(),
});

function toEndpoint({ tenantId: _tenantId, deletedAt: _deletedAt, queue, ...row }: Row): WebhookEndpoint {
  const { notBefore = null, ...health } = queue ?? {
    failures: 0,
    windowStartedAt: null,
    windowFailures: 0,
    failingSince: null,
  };
  return { ...row, ...domains.parse(row), health, pausedUntil: notBefore };
}

export async function listEndpoints(tx: Tx, tenantId: string): Promise<readonly WebhookEndpoint[]> {
  const rows = await tx.webhookEndpoint.findMany({
    where: { tenantId, deletedAt: null },
    include: WITH_PARTS,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toEndpoint);
}

export async function findEndpoints(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly WebhookEndpoint[]> {
  const where = { tenantId, id: { in: [...ids] }, deletedAt: null };
  const rows = await tx.webhookEndpoint.findMany({ where, include: WITH_PARTS });
  return rows.map(toEndpoint);
}

export async function findEndpoint(tx: Tx, tenantId: string, id: string): Promise<WebhookEndpoint | null> {
  const [endpoint] = await findEndpoints(tx, tenantId, [id]);
  return endpoint ?? null;
}

/**
 * Locks the row until the transaction ends. Whoever also locks the place in the queue does it after this; not against those
 * who have the place and write a delivery, whose foreign key only asks that the row stays.
 */
export async function findEndpointForUpdate(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<WebhookEndpoint | null> {
  await tx.$queryRaw`SELECT 1 FROM webhook_endpoint WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
  return findEndpoint(tx, tenantId, id);
}

/** With those that were deleted and wait for the purge: their ids are not given away again. */
export async function isIdTaken(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  return (await tx.webhookEndpoint.count({ where: { tenantId, id } })) > 0;
}

export function countEndpoints(tx: Tx, tenantId: string): Promise<number> {
  return tx.webhookEndpoint.count({ where: { tenantId, deletedAt: null } });
}

export type NewWebhookEndpoint = Pick<
  WebhookEndpoint,
  'id' | 'url' | 'description' | 'signing' | 'ordering' | 'createdAt'
> & { readonly events: readonly string[] };

export async function insertEndpoint(tx: Tx, tenantId: string, created: NewWebhookEndpoint): Promise<void> {
  const { events, ...rest } = created;
  await tx.webhookEndpoint.create({
    data: { tenantId, ...rest, events: [...events], status: 'ENABLED', updatedAt: created.createdAt },
  });
  await tx.webhookQueue.create({ data: { tenantId, endpointId: created.id } });
}

export type EndpointPatch = Partial<
  Pick<
    WebhookEndpoint,
    'url' | 'description' | 'events' | 'ordering' | 'status' | 'disabledReason' | 'disabledAt'
  >
> & { readonly updatedAt: Date };

export async function updateEndpoint(
  tx: Tx,
  key: { readonly tenantId: string; readonly id: string },
  { events, ...patch }: EndpointPatch,
): Promise<void> {
  const data = { ...patch, ...(events && { events: [...events] }) };
  await tx.webhookEndpoint.update({ where: { tenantId_id: key }, data });
}

/** What it signs with is gone at once; what it was told is left to the purge. */
export async function markDeleted(
  tx: Tx,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
  deletedAt: Date,
): Promise<void> {
  // Before its place in the queue, which whoever replays locks after the replay.
  await tx.webhookReplay.updateMany({
    where: { tenantId, endpointId: id, state: 'RUNNING' },
    data: { state: 'STOPPED', finishedAt: deletedAt },
  });
  await tx.webhookSecret.deleteMany({ where: { tenantId, endpointId: id } });
  await tx.webhookQueue.deleteMany({ where: { tenantId, endpointId: id } });
  await tx.webhookEndpoint.update({ where: { tenantId_id: { tenantId, id } }, data: { deletedAt } });
}

export interface SecretToStore {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly id: string;
  readonly envelope: SealedEnvelope;
  readonly publicKey: string | null;
  readonly createdAt: Date;
}

export async function insertSecret(tx: Tx, secret: SecretToStore): Promise<void> {
  await tx.webhookSecret.create({ data: secret });
}

/** Leaves the present secret until a time, or takes it away at once, and all that were being replaced before. */
export async function retireSecrets(
  tx: Tx,
  { tenantId, endpointId }: { readonly tenantId: string; readonly endpointId: string },
  expiresAt: Date | null,
): Promise<void> {
  await tx.webhookSecret.deleteMany({
    where: { tenantId, endpointId, ...(expiresAt !== null && { expiresAt: { not: null } }) },
  });
  if (expiresAt !== null)
    await tx.webhookSecret.updateMany({ where: { tenantId, endpointId }, data: { expiresAt } });
}

const MAX_MEASURED = 10_000;
const statisticsSchema = z.tuple([
  z.object({
    delivered: z.int(),
    failed: z.int(),
    p50: z.number().nullable(),
    p95: z.number().nullable(),
  }),
]);

/** Of the attempts since then; of the newest ten thousand where there were more. */
export async function readStatistics(
  tx: Tx,
  { tenantId, endpointId }: { readonly tenantId: string; readonly endpointId: string },
  since: Date,
): Promise<WebhookStatistics> {
  const rows = await tx.$queryRaw`
    SELECT count(*) FILTER (WHERE outcome = 'DELIVERED')::integer AS delivered,
           count(*) FILTER (WHERE outcome = 'FAILED')::integer AS failed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95
    FROM (
      SELECT outcome, duration_ms FROM webhook_attempt
      WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${endpointId}::uuid AND at >= ${since}
      ORDER BY at DESC LIMIT ${MAX_MEASURED}::integer
    ) AS newest`;
  const [{ delivered, failed, p50, p95 }] = statisticsSchema.parse(rows);
  return {
    delivered,
    failed,
    p50Ms: p50 === null ? null : Math.round(p50),
    p95Ms: p95 === null ? null : Math.round(p95),
  };
}
