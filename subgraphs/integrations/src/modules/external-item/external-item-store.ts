/** Rows of `external_item` and `agent_item`: tickets and issues as they were last seen, and the agents that they concern. */
import { z } from 'zod';
import type { ExternalItem } from '../../adapters/external-item.ts';
import type { IntegrationsDatabase, Tx } from '../../database.ts';

export type ItemChange = 'CREATED' | 'UPDATED' | 'UNCHANGED';

export interface SavedItem {
  readonly key: string;
  /** `CREATED` means that it was not kept before, which is not always that it is new at its system. */
  readonly change: ItemChange;
}

export interface ItemsOwner {
  readonly tenantId: string;
  readonly integrationId: string;
}

export interface ItemTie extends ItemsOwner {
  readonly agentId: string;
  readonly key: string;
  /** Why it concerns the agent, for people. */
  readonly reason: string;
  readonly at: Date;
}

/** Of one integration; the least recently changed ones go first. */
export const MAX_ITEMS_PER_INTEGRATION = 20_000;
/** Enough to recognise an item; whoever needs all of its text asks its system. */
export const MAX_KEPT_BODY_LENGTH = 4_000;

const writtenSchema = z.array(z.object({ key: z.string(), is_created: z.boolean() }));

/**
 * Keeps the items as they are now. One that is older than what is kept changes nothing, so that items may come from
 * several sides in any order; neither does one that was deleted, unless it was changed after that. Of an item that is given twice the later changed one counts.
 * @returns one entry per key.
 */
export async function saveItems(
  tx: Tx,
  { tenantId, integrationId }: ItemsOwner,
  items: readonly ExternalItem[],
  seenAt: Date,
): Promise<readonly SavedItem[]> {
  const latest = latestByKey(items);
  if (latest.length === 0) return [];
  // In the order of the keys, so that two who save the same ones wait for each other instead of both for ever.
  const rows = await tx.$queryRaw`
    INSERT INTO external_item AS kept (tenant_id, integration_id, key, title, body, state, type, assignee, url,
                                       updated_at, changed_at, seen_at)
    SELECT ${tenantId}::uuid, ${integrationId}::uuid, item.key, item.title, item.body, item.state, item.type, item.assignee,
           item.url, item.updated_at, coalesce(item.updated_at, ${seenAt}::timestamptz), ${seenAt}::timestamptz
    FROM json_to_recordset(${JSON.stringify(latest.map(toRow))}::json)
      AS item (key text, title text, body text, state text, type text, assignee text, url text, updated_at timestamptz)
    ORDER BY item.key
    ON CONFLICT (tenant_id, integration_id, key) DO UPDATE
    SET title = EXCLUDED.title, body = EXCLUDED.body, state = EXCLUDED.state, type = EXCLUDED.type,
        assignee = EXCLUDED.assignee, url = EXCLUDED.url, updated_at = EXCLUDED.updated_at,
        changed_at = EXCLUDED.changed_at, seen_at = EXCLUDED.seen_at, deleted_at = NULL
    WHERE (kept.deleted_at IS NULL OR EXCLUDED.updated_at > kept.deleted_at)
      AND (kept.updated_at IS NULL OR EXCLUDED.updated_at IS NULL OR EXCLUDED.updated_at >= kept.updated_at)
      AND (kept.title, kept.body, kept.state, kept.type, kept.assignee, kept.url, kept.updated_at)
        IS DISTINCT FROM (EXCLUDED.title, EXCLUDED.body, EXCLUDED.state, EXCLUDED.type, EXCLUDED.assignee, EXCLUDED.url,
                          EXCLUDED.updated_at)
    RETURNING kept.key, kept.xmax = 0 AS is_created`;
  const written = new Map(writtenSchema.parse(rows).map((row) => [row.key, row.is_created]));
  if ([...written.values()].includes(true)) await dropOldest(tx, { tenantId, integrationId });
  return latest.map(({ key }) => ({ key, change: changeOf(written.get(key)) }));
}

/**
 * Of an item that is no longer there. That it was is remembered without its texts, as messages come in any order.
 * @returns true when it was kept until now.
 */
export async function removeItem(
  tx: Tx,
  { tenantId, integrationId }: ItemsOwner,
  { key, updatedAt }: Pick<ExternalItem, 'key' | 'updatedAt'>,
  seenAt: Date,
): Promise<boolean> {
  const place = { tenantId, integrationId };
  const kept = await tx.externalItem.count({ where: { ...place, key, deletedAt: null } });
  // By the clock of its system, where that is ahead of ours.
  const deletedAt = updatedAt !== null && updatedAt > seenAt ? updatedAt : seenAt;
  await tx.$executeRaw`
    INSERT INTO external_item AS kept (tenant_id, integration_id, key, title, body, state, type, changed_at, seen_at, deleted_at)
    VALUES (${tenantId}::uuid, ${integrationId}::uuid, ${key}, '', '', '', '', ${seenAt}::timestamptz, ${seenAt}::timestamptz,
            ${deletedAt}::timestamptz)
    ON CONFLICT (tenant_id, integration_id, key) DO UPDATE
    SET title = '', body = '', state = '', type = '', assignee = NULL, url = NULL, seen_at = EXCLUDED.seen_at,
        deleted_at = greatest(kept.deleted_at, EXCLUDED.deleted_at)`;
  await tx.agentItem.deleteMany({ where: { ...place, itemKey: key } });
  return kept > 0;
}

/** One that was made anew under its former key, at a system that does not say when. */
export async function forgetDeletion(
  tx: Tx,
  { tenantId, integrationId }: ItemsOwner,
  key: string,
): Promise<void> {
  await tx.externalItem.deleteMany({ where: { tenantId, integrationId, key, deletedAt: { not: null } } });
}

export async function purgeDeletedItems(
  database: Pick<IntegrationsDatabase, 'withoutTenant'>,
  days: number,
  count: number,
): Promise<number> {
  const rows = await database.withoutTenant(
    (client) => client.$queryRaw<{ count: number }[]>`
      SELECT purge_deleted_items(${days}::integer, ${count}::integer) AS count`,
  );
  return rows[0]?.count ?? 0;
}

/** Says that a kept item concerns an agent. False when that is known, or the item is not kept. */
export async function tieItem(tx: Tx, tie: ItemTie): Promise<boolean> {
  const { tenantId, agentId, integrationId, key, reason, at } = tie;
  // Locked, so that it is neither dropped nor deleted before this is written.
  const tied = await tx.$executeRaw`
    INSERT INTO agent_item (tenant_id, agent_id, integration_id, item_key, reason, tied_at)
    SELECT item.tenant_id, ${agentId}::uuid, item.integration_id, item.key, ${reason}, ${at}::timestamptz
    FROM external_item AS item
    WHERE item.tenant_id = ${tenantId}::uuid AND item.integration_id = ${integrationId}::uuid AND item.key = ${key}
      AND item.deleted_at IS NULL
    FOR SHARE
    ON CONFLICT (tenant_id, agent_id, integration_id, item_key) DO NOTHING`;
  return tied === 1;
}

function latestByKey(items: readonly ExternalItem[]): readonly ExternalItem[] {
  const latest = new Map<string, ExternalItem>();
  for (const item of items) {
    const other = latest.get(item.key);
    const isOlder = (item.updatedAt?.getTime() ?? Infinity) < (other?.updatedAt?.getTime() ?? -Infinity);
    if (!isOlder) latest.set(item.key, item);
  }
  return [...latest.values()];
}

function toRow({ body, updatedAt, ...item }: ExternalItem): object {
  return {
    ...item,
    body: body.slice(0, MAX_KEPT_BODY_LENGTH).toWellFormed(),
    updated_at: updatedAt?.toISOString() ?? null,
  };
}

function changeOf(isCreated: boolean | undefined): ItemChange {
  if (isCreated === undefined) return 'UNCHANGED';
  return isCreated ? 'CREATED' : 'UPDATED';
}

/** Passes by what others are writing: it is among the last changed. */
async function dropOldest(tx: Tx, { tenantId, integrationId }: ItemsOwner): Promise<void> {
  // Subqueries of one value each: they are evaluated once, whatever the planner takes the size of the table for.
  await tx.$executeRaw`
    DELETE FROM external_item AS item
    WHERE item.tenant_id = ${tenantId}::uuid AND item.integration_id = ${integrationId}::uuid AND item.key = ANY (ARRAY(
      SELECT old.key FROM external_item AS old
      WHERE old.tenant_id = ${tenantId}::uuid AND old.integration_id = ${integrationId}::uuid
        AND (old.changed_at, old.key) <= (
          SELECT first_dropped.changed_at, first_dropped.key FROM external_item AS first_dropped
          WHERE first_dropped.tenant_id = ${tenantId}::uuid AND first_dropped.integration_id = ${integrationId}::uuid
          ORDER BY first_dropped.changed_at DESC, first_dropped.key DESC
          OFFSET ${MAX_ITEMS_PER_INTEGRATION}::integer LIMIT 1)
      FOR UPDATE SKIP LOCKED))`;
}
