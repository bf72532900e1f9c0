/** The items that concern agents, as they were last seen. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { isId, parsePage, toConnection, type Connection, type Page } from '@flowgrid/platform';
import type { ExternalItem } from '../../adapters/external-item.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { listRecentItems, type ItemPosition, type RecentItem } from './recent-items-store.ts';

/** A page of an agent's items. */
export interface RecentItemsKey {
  readonly agentId: string;
  readonly first: number | null;
  readonly after: string | null;
}

const MAX_KEY_LENGTH = 500;
const cursorSchema = z.object({
  changedAt: z.iso.datetime({ precision: 6 }),
  integrationId: z.string().refine(isId),
  key: z.string().max(MAX_KEY_LENGTH),
});

export class RecentItemsService {
  readonly #database: Pick<IntegrationsDatabase, 'readInTenant'>;

  constructor(database: Pick<IntegrationsDatabase, 'readInTenant'>) {
    this.#database = database;
  }

  /** In the order of the keys: one statement for all agents of which the same page is asked. */
  async listByAgents(
    request: ServiceRequest,
    keys: readonly RecentItemsKey[],
  ): Promise<readonly (Connection<ExternalItem> | Error)[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    const pages = new Map<string, Promise<ReadonlyMap<string, Connection<ExternalItem>>>>();
    const read = (key: RecentItemsKey): Promise<ReadonlyMap<string, Connection<ExternalItem>>> => {
      const { first, after } = key;
      const page = parsePage({ first, after }, cursorSchema);
      const same = keys.filter((other) => other.first === first && other.after === after);
      const agentIds = [...new Set(same.map(({ agentId }) => agentId.toLowerCase()).filter(isId))];
      return this.#readPage(tenantId, agentIds, page);
    };
    return Promise.all(
      keys.map(async (key) => {
        try {
          const name = JSON.stringify([key.first, key.after]);
          const reading = pages.get(name) ?? read(key);
          pages.set(name, reading);
          const page = parsePage(key, cursorSchema);
          return (await reading).get(key.agentId.toLowerCase()) ?? toConnection([], page, () => null);
        } catch (error) {
          // Each agent's field fails by itself.
          return error instanceof Error ? error : new Error('unknown failure', { cause: error });
        }
      }),
    );
  }

  async #readPage(
    tenantId: string,
    agentIds: readonly string[],
    page: Page<ItemPosition>,
  ): Promise<ReadonlyMap<string, Connection<ExternalItem>>> {
    if (agentIds.length === 0) return new Map();
    const found = await this.#database.readInTenant(tenantId, (tx) =>
      listRecentItems(tx, { tenantId, agentIds, after: page.after, limit: page.first + 1 }),
    );
    const byAgent = Map.groupBy(found, ({ agentId }) => agentId);
    return new Map(
      [...byAgent].map(([agentId, items]) => [agentId, toItems(toConnection(items, page, positionOf))]),
    );
  }
}

function positionOf({ position }: RecentItem): ItemPosition {
  return position;
}

function toItems({ edges, pageInfo }: Connection<RecentItem>): Connection<ExternalItem> {
  return { edges: edges.map(({ cursor, node }) => ({ cursor, node: node.item })), pageInfo };
}
