/** Rows of `webhook_delivery` and `webhook_attempt`, as people read them. */
import { z } from 'zod';
import type { Page } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Prisma, WebhookDelivery as Row } from '../../generated/prisma/client.ts';
import {
  WEBHOOK_ATTEMPT_OUTCOMES,
  WEBHOOK_DELIVERY_STATES,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookDeliveryState,
} from './webhook-delivery.ts';

const stateSchema = z.enum(WEBHOOK_DELIVERY_STATES);
const outcomeSchema = z.enum(WEBHOOK_ATTEMPT_OUTCOMES);

function toDelivery(row: Row): WebhookDelivery {
  return {
    id: row.id,
    endpointId: row.endpointId,
    messageId: row.messageId,
    type: row.type,
    resource: row.resource,
    state: stateSchema.parse(row.state),
    attempt: row.attempt,
    nextAttemptAt: row.nextAttemptAt,
    isWaiting: row.isWaiting,
    lastStatus: row.lastStatus,
    lastError: row.lastError,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    finishedAt: row.finishedAt,
  };
}

export interface DeliveryFilter {
  readonly states: readonly WebhookDeliveryState[] | null;
  readonly type: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
}

export const deliveryCursor = z.tuple([z.iso.datetime(), z.uuid()]);
export type DeliveryCursor = z.output<typeof deliveryCursor>;
export const cursorOf = ({ createdAt, id }: WebhookDelivery): DeliveryCursor => [createdAt.toISOString(), id];

/** The newest first; one more than the page has. */
export async function listDeliveries(
  tx: Tx,
  { tenantId, endpointId }: { readonly tenantId: string; readonly endpointId: string },
  { filter, page }: { readonly filter: DeliveryFilter; readonly page: Page<DeliveryCursor> },
): Promise<readonly WebhookDelivery[]> {
  const { states, type, since, until } = filter;
  const [at = null, id = null] = page.after ?? [];
  const createdAt: Prisma.DateTimeFilter = {
    ...(since !== null && { gte: since }),
    ...(until !== null && { lt: until }),
    ...(at !== null && { lte: at }),
  };
  const rows = await tx.webhookDelivery.findMany({
    where: {
      tenantId,
      endpointId,
      createdAt,
      ...(states !== null && { state: { in: [...states] } }),
      ...(type !== null && { type }),
      ...(at !== null && id !== null && { NOT: { createdAt: at, id: { gte: id } } }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: page.first + 1,
  });
  return rows.map(toDelivery);
}

export async function findDelivery(tx: Tx, tenantId: string, id: string): Promise<WebhookDelivery | null> {
  const row = await tx.webhookDelivery.findFirst({ where: { tenantId, id, endpoint: { deletedAt: null } } });
  return row && toDelivery(row);
}

/** Those that changed since then, the first to change first. */
export async function listChanged(
  tx: Tx,
  { tenantId, endpointId }: { readonly tenantId: string; readonly endpointId: string },
  { since, limit }: { readonly since: Date; readonly limit: number },
): Promise<readonly WebhookDelivery[]> {
  const rows = await tx.webhookDelivery.findMany({
    where: { tenantId, endpointId, updatedAt: { gt: since } },
    orderBy: [{ updatedAt: 'asc' }, { id: 'asc' }],
    take: limit,
  });
  return rows.map(toDelivery);
}

/** The newest first. */
export async function listAttempts(
  tx: Tx,
  tenantId: string,
  deliveryId: string,
): Promise<readonly WebhookAttempt[]> {
  const rows = await tx.webhookAttempt.findMany({
    where: { tenantId, deliveryId },
    orderBy: { number: 'desc' },
  });
  return rows.map(
    ({ tenantId: _tenantId, deliveryId: _deliveryId, endpointId: _endpointId, ...attempt }) => ({
      ...attempt,
      outcome: outcomeSchema.parse(attempt.outcome),
    }),
  );
}

/** The bodies of messages by their ids. */
export async function findBodies(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.webhookMessage.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, body: true },
  });
  return new Map(rows.map(({ id, body }) => [id, body]));
}
