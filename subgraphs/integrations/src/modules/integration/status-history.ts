/** Shows how the status of integrations has changed. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { encodeCursor, parsePage, type Connection } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';
import { listStatusChanges, type StoredStatusChange } from '../connection/status-change-store.ts';

const cursorSchema = z.object({ id: z.uuid() });

export class StatusHistory {
  readonly #database: IntegrationsDatabase;

  constructor(database: IntegrationsDatabase) {
    this.#database = database;
  }

  /** The last change first. */
  async list(
    request: ServiceRequest,
    integrationId: string,
    args: { readonly first?: number | null | undefined; readonly after?: string | null | undefined },
  ): Promise<Connection<StoredStatusChange>> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    const page = parsePage(args, cursorSchema);
    const found = await this.#database.readInTenant(tenantId, (tx) =>
      listStatusChanges(
        tx,
        { tenantId, integrationId },
        { before: page.after?.id ?? null, limit: page.first + 1 },
      ),
    );
    const nodes = found.slice(0, page.first);
    const edges = nodes.map((node) => ({ cursor: encodeCursor({ id: node.id }), node }));
    return {
      edges,
      pageInfo: {
        hasNextPage: found.length > nodes.length,
        hasPreviousPage: page.after !== null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  }
}
