/** Rows of `webhook_replay`: ranges of deliveries that are sent again. */
import { z } from 'zod';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import type { WebhookReplay as Row } from '../../generated/prisma/client.ts';
import { announceWork, requeueDeliveries } from './queue-store.ts';
import type { WebhookReplay } from './webhook-replay.ts';

const stateSchema = z.enum(['RUNNING', 'DONE', 'STOPPED']);

export function toReplay(row: Row): WebhookReplay {
  const { id, endpointId, since, until, onlyFailed, total, replayed, createdAt, finishedAt } = row;
  const state = stateSchema.parse(row.state);
  return { id, endpointId, since, until, onlyFailed, state, total, replayed, createdAt, finishedAt };
}

export async function insertReplay(
  tx: Tx,
  tenantId: string,
  replay: Omit<WebhookReplay, 'state' | 'replayed' | 'finishedAt'>,
): Promise<WebhookReplay> {
  return toReplay(await tx.webhookReplay.create({ data: { tenantId, ...replay, state: 'RUNNING' } }));
}

export async function findReplay(tx: Tx, tenantId: string, id: string): Promise<WebhookReplay | null> {
  const row = await tx.webhookReplay.findFirst({
    where: { tenantId, id, endpoint: { deletedAt: null } },
  });
  return row && toReplay(row);
}

export async function isReplaying(
  tx: Tx,
  { tenantId, endpointId }: { readonly tenantId: string; readonly endpointId: string },
): Promise<boolean> {
  return (await tx.webhookReplay.count({ where: { tenantId, endpointId, state: 'RUNNING' } })) > 0;
}

export interface ReplayRange {
  readonly endpointId: string;
  readonly since: Date;
  readonly until: Date;
  readonly onlyFailed: boolean;
}

const statesOf = (onlyFailed: boolean): string[] =>
  onlyFailed ? ['FAILED', 'HELD'] : ['DELIVERED', 'FAILED', 'HELD'];

/** How many deliveries a replay of the range would send again; counts no further than one more than the limit. */
export async function countRange(
  tx: Tx,
  tenantId: string,
  { endpointId, since, until, onlyFailed, limit }: ReplayRange & { readonly limit: number },
): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::integer AS count FROM (
      SELECT FROM webhook_delivery
      WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${endpointId}::uuid
        AND created_at >= ${since} AND created_at < ${until} AND state = ANY(${statesOf(onlyFailed)}::text[])
      LIMIT ${limit + 1}::integer
    ) AS found`;
  return row?.count ?? 0;
}

export interface ClaimedReplay {
  readonly tenantId: string;
  readonly id: string;
  readonly token: bigint;
}

const claimSchema = z.array(z.object({ tenant_id: z.uuid(), id: z.uuid(), token: z.bigint() }));

/** Takes a replay that nobody works on. */
export async function claimReplay(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  leaseSeconds: number,
): Promise<ClaimedReplay | null> {
  const rows = await database.withoutTenant(
    (client) =>
      client.$queryRaw`SELECT tenant_id, id, token FROM claim_webhook_replay(${leaseSeconds}::integer)`,
  );
  const [row] = claimSchema.parse(rows);
  return row === undefined ? null : { tenantId: row.tenant_id, id: row.id, token: row.token };
}

const PAGE_DELIVERIES = 200;

/** Sends the next page again; over when there is none, when the endpoint takes nothing, or when somebody else has the replay. */
export async function replayPage(
  tx: Tx,
  { tenantId, id, token }: ClaimedReplay,
  { now, leaseSeconds }: { readonly now: Date; readonly leaseSeconds: number },
): Promise<{ readonly endpointId: string | null; readonly isOver: boolean }> {
  const [locked] = await tx.$queryRaw<{ endpoint_id: string }[]>`
    SELECT endpoint_id FROM webhook_replay
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND token = ${token} AND state = 'RUNNING' FOR UPDATE`;
  if (locked === undefined) return { endpointId: null, isOver: true };
  const row = await tx.webhookReplay.findUniqueOrThrow({
    where: { tenantId_id: { tenantId, id } },
    include: { endpoint: { select: { status: true, ordering: true, deletedAt: true } } },
  });
  const { endpointId, endpoint } = row;
  const end = async (state: 'DONE' | 'STOPPED'): Promise<{ endpointId: string; isOver: true }> => {
    await tx.webhookReplay.update({
      where: { tenantId_id: { tenantId, id } },
      data: { state, finishedAt: now, leaseExpiresAt: null },
    });
    return { endpointId, isOver: true };
  };
  if (endpoint.status === 'DISABLED' || endpoint.deletedAt !== null) return end('STOPPED');
  const page = await listPage(tx, tenantId, row);
  const last = page.at(-1);
  if (last === undefined) return end('DONE');
  await announceWork(tx, tenantId, { endpointIds: [endpointId], now });
  const replayed = await requeueDeliveries(
    tx,
    { tenantId, endpointId },
    { ids: page.map((delivery) => delivery.id), isOrdered: endpoint.ordering === 'RESOURCE', now },
  );
  await tx.webhookReplay.update({
    where: { tenantId_id: { tenantId, id } },
    data: {
      replayed: { increment: replayed },
      cursorAt: last.createdAt,
      cursorId: last.id,
      leaseExpiresAt: new Date(Date.now() + leaseSeconds * 1000),
    },
  });
  return page.length < PAGE_DELIVERIES ? end('DONE') : { endpointId, isOver: false };
}

/** The oldest first, after the last one that was looked at. */
function listPage(
  tx: Tx,
  tenantId: string,
  { endpointId, since, until, onlyFailed, cursorAt, cursorId }: Row,
): Promise<{ id: string; createdAt: Date }[]> {
  const after =
    cursorAt === null || cursorId === null
      ? {}
      : { OR: [{ createdAt: { gt: cursorAt } }, { createdAt: cursorAt, id: { gt: cursorId } }] };
  return tx.webhookDelivery.findMany({
    where: {
      tenantId,
      endpointId,
      createdAt: { gte: cursorAt ?? since, lt: until },
      state: { in: statesOf(onlyFailed) },
      ...after,
    },
    select: { id: true, createdAt: true },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: PAGE_DELIVERIES,
  });
}
