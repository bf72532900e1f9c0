/** Kept items by the agents that they concern. */
import { z } from 'zod';
import type { ExternalItem } from '../../adapters/external-item.ts';
import type { Tx } from '../../database.ts';

/** What orders the items of an agent, the last first. */
export interface ItemPosition {
  /** To the microsecond, as PostgreSQL keeps it. */
  readonly changedAt: string;
  readonly integrationId: string;
  readonly key: string;
}

export interface RecentItem {
  readonly agentId: string;
  readonly position: ItemPosition;
  readonly item: ExternalItem;
}

const rowsSchema = z.array(
  z
    .object({
      agent_id: z.uuid(),
      integration_id: z.uuid(),
      key: z.string(),
      title: z.string(),
      body: z.string(),
      state: z.string(),
      type: z.string(),
      assignee: z.string().nullable(),
      url: z.string().nullable(),
      updated_at: z.date().nullable(),
      changed_at: z.string(),
    })
    .transform((row): RecentItem => {
      const { key, title, body, state, type, assignee, url, updated_at: updatedAt } = row;
      return {
        agentId: row.agent_id,
        position: { changedAt: row.changed_at, integrationId: row.integration_id, key },
        item: { key, title, body, state, type, assignee, url, updatedAt },
      };
    }),
);

/** After everything that there is. */
const END: ItemPosition = {
  changedAt: 'infinity',
  integrationId: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  key: '',
};

/**
 * The first items of each agent, from a position on. Of each integration, and of what is tied, no more is read than can be among
 * them.
 */
export async function listRecentItems(
  tx: Tx,
  wanted: {
    readonly tenantId: string;
    readonly agentIds: readonly string[];
    readonly after: ItemPosition | null;
    readonly limit: number;
  },
): Promise<readonly RecentItem[]> {
  const { tenantId, agentIds, limit } = wanted;
  const { changedAt, integrationId, key } = wanted.after ?? END;
  const rows = await tx.$queryRaw`
    WITH after AS (
      SELECT ${changedAt}::timestamptz AS changed_at, ${integrationId}::uuid AS integration_id, ${key}::text AS key
    )
    SELECT agent.id AS agent_id, item.integration_id, item.key, item.title, item.body, item.state, item.type, item.assignee,
           item.url, item.updated_at, to_char(item.changed_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS changed_at
    FROM unnest(${[...agentIds]}::uuid[]) AS agent (id)
    CROSS JOIN LATERAL (
      SELECT concerning.* FROM (
        SELECT given.integration_id, given.key, given.changed_at FROM agent_integration AS link
        CROSS JOIN LATERAL (
          SELECT kept.integration_id, kept.key, kept.changed_at FROM external_item AS kept, after
          WHERE kept.tenant_id = ${tenantId}::uuid AND kept.integration_id = link.integration_id
            AND kept.deleted_at IS NULL AND kept.changed_at <= after.changed_at
            AND (kept.changed_at, kept.integration_id, kept.key) < (after.changed_at, after.integration_id, after.key)
          ORDER BY kept.changed_at DESC, kept.key DESC
          LIMIT ${limit}::integer
        ) AS given
        WHERE link.tenant_id = ${tenantId}::uuid AND link.agent_id = agent.id
        UNION
        SELECT kept.integration_id, kept.key, kept.changed_at FROM agent_item AS tie
        JOIN external_item AS kept
          ON kept.tenant_id = tie.tenant_id AND kept.integration_id = tie.integration_id AND kept.key = tie.item_key
        CROSS JOIN after
        WHERE tie.tenant_id = ${tenantId}::uuid AND tie.agent_id = agent.id AND kept.deleted_at IS NULL
          AND (kept.changed_at, kept.integration_id, kept.key) < (after.changed_at, after.integration_id, after.key)
      ) AS concerning
      ORDER BY concerning.changed_at DESC, concerning.integration_id DESC, concerning.key DESC
      LIMIT ${limit}::integer
    ) AS found
    JOIN external_item AS item
      ON item.tenant_id = ${tenantId}::uuid AND item.integration_id = found.integration_id AND item.key = found.key
    ORDER BY agent.id, item.changed_at DESC, item.integration_id DESC, item.key DESC`;
  return rowsSchema.parse(rows);
}
