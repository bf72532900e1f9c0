/** Rows of `integration_event`. */
import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { IntegrationEvent as Row } from '../../generated/prisma/client.ts';
import {
  INTEGRATION_EVENT_KINDS,
  type IntegrationEvent,
  type IntegrationEventKind,
} from './integration-event.ts';

export interface EventToRecord {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly kind: IntegrationEventKind;
  /** One sentence for people; what is longer than 500 characters is cut off. */
  readonly message: string;
  /** The first fifty are kept. */
  readonly itemKeys?: readonly string[];
  readonly at: Date;
}

const MAX_MESSAGE_LENGTH = 500;
const MAX_ITEM_KEYS = 50;
/** Of one integration; the oldest go first. */
const MAX_EVENTS = 1_000;

/** Transactions in which events were recorded, with the integrations that they are about. */
const recorded = new WeakMap<object, Set<string>>();

/**
 * Records what happened in the transaction of what it tells of; whoever watches the integration hears of it after the commit.
 * The integration's row is locked for sharing first and others who record wait until the transaction ends: call it last.
 * @returns its sequence; null when the integration is gone.
 */
export async function recordIntegrationEvent(tx: Tx, event: EventToRecord): Promise<number | null> {
  const { tenantId, integrationId, kind, at } = event;
  const message = event.message.toWellFormed().slice(0, MAX_MESSAGE_LENGTH).toWellFormed();
  const itemKeys = (event.itemKeys ?? []).slice(0, MAX_ITEM_KEYS);
  const rows = await tx.$queryRaw<{ sequence: number }[]>`
    WITH place AS (
      SELECT tenant_id, id FROM integration
      WHERE tenant_id = ${tenantId}::uuid AND id = ${integrationId}::uuid
      FOR KEY SHARE
    ), head AS (
      INSERT INTO integration_event_head AS head (tenant_id, integration_id, last_sequence)
      SELECT place.tenant_id, place.id, 1 FROM place
      ON CONFLICT (tenant_id, integration_id) DO UPDATE SET last_sequence = head.last_sequence + 1
      RETURNING head.tenant_id, head.integration_id, head.last_sequence
    ), surplus AS (
      DELETE FROM integration_event AS event USING head
      WHERE event.tenant_id = head.tenant_id AND event.integration_id = head.integration_id
        AND event.sequence <= head.last_sequence - ${MAX_EVENTS}::integer
    )
    INSERT INTO integration_event (tenant_id, integration_id, sequence, kind, message, item_keys, at)
    SELECT head.tenant_id, head.integration_id, head.last_sequence, ${kind}, ${message}, ${itemKeys}::text[], ${at}
    FROM head
    RETURNING sequence`;
  const sequence = rows[0]?.sequence;
  if (sequence === undefined) return null;
  const about = recorded.get(tx) ?? new Set();
  recorded.set(tx, about.add(integrationId));
  return sequence;
}

/** The integrations that a transaction has recorded events of. */
export function recordedIn(tx: object): ReadonlySet<string> {
  return recorded.get(tx) ?? new Set();
}

export interface EventRange {
  readonly tenantId: string;
  readonly integrationId: string;
  /** Exclusive. */
  readonly after: number;
  readonly limit: number;
}

const kindSchema = z.enum(INTEGRATION_EVENT_KINDS);

export async function listEvents(tx: Tx, range: EventRange): Promise<readonly IntegrationEvent[]> {
  const { tenantId, integrationId, after, limit } = range;
  const rows = await tx.integrationEvent.findMany({
    where: { tenantId, integrationId, sequence: { gt: after } },
    orderBy: { sequence: 'asc' },
    take: limit,
  });
  return rows.map(toEvent);
}

/** The last ones, the earliest first. */
export async function listLastEvents(
  tx: Tx,
  { tenantId, integrationId, limit }: Omit<EventRange, 'after'>,
): Promise<readonly IntegrationEvent[]> {
  const rows = await tx.integrationEvent.findMany({
    where: { tenantId, integrationId },
    orderBy: { sequence: 'desc' },
    take: limit,
  });
  return rows.map(toEvent).toReversed();
}

function toEvent({ tenantId: _tenantId, ...row }: Row): IntegrationEvent {
  return { ...row, kind: kindSchema.parse(row.kind) };
}

/** The last sequence of an integration: 0 when nothing has happened, undefined when the tenant does not have it. */
export async function findLastSequence(
  tx: Tx,
  tenantId: string,
  integrationId: string,
): Promise<number | undefined> {
  const rows = await tx.$queryRaw<{ sequence: number }[]>`
    SELECT coalesce(head.last_sequence, 0) AS sequence
    FROM integration
    LEFT JOIN integration_event_head AS head ON head.tenant_id = integration.tenant_id AND head.integration_id = integration.id
    WHERE integration.tenant_id = ${tenantId}::uuid AND integration.id = ${integrationId}::uuid`;
  return rows[0]?.sequence;
}
