/** Shows tickets and issues of connected systems. Nothing of them is kept. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import { FlowgridError, currentScope, encodeCursor, parsePage, type Connection } from '@flowgrid/platform';
import type { ExternalItem } from '../../adapters/external-item.ts';
import { orConflict, type Connections } from '../connection/connections.ts';
import type { OpenedConnection } from '../connection/open-connection.ts';

export interface ItemServiceOptions {
  readonly connections: Connections;
  /** For all requests of one question together. */
  readonly deadlineMs?: number;
}

export interface ItemArguments {
  readonly search?: string | null | undefined;
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

const DEADLINE_MS = 10_000;
/** Of the request's own time: an answer too late would pass for a service that hangs. */
const ANSWER_MS = 500;
/** At once, in this process: a tenant whose servers hang keeps no sockets from the others. */
const MAX_QUESTIONS_PER_TENANT = 5;
const MAX_KEY_LENGTH = 200;
const MAX_SEARCH_LENGTH = 1_000;

/** Other systems count in pages: the cursor says which page, of which size, and how much of it was shown. */
const cursorSchema = z.object({
  size: z.number().int().min(1).max(100),
  token: z.string().max(2_000).nullable(),
  shown: z.number().int().min(0).max(100),
});
/** Tokens that are numbers become part of addresses and queries as such. */
type Cursor = z.output<typeof cursorSchema>;

export class ItemService {
  readonly #options: ItemServiceOptions;
  readonly #running = new Map<string, number>();

  constructor(options: ItemServiceOptions) {
    this.#options = options;
  }

  /** Null for an integration that the tenant does not have. */
  async list(
    request: ServiceRequest,
    integrationId: string,
    args: ItemArguments,
  ): Promise<Connection<ExternalItem> | null> {
    const viewer = requirePermission(request.viewer, 'integration:read');
    const page = parsePage(args, cursorSchema);
    const search = args.search ?? null;
    if ((search?.length ?? 0) > MAX_SEARCH_LENGTH) {
      throw new FlowgridError('BAD_USER_INPUT', `"search" has at most ${MAX_SEARCH_LENGTH} characters.`);
    }
    const { size, token, shown } = page.after ?? { size: page.first, token: null, shown: 0 };
    const found = await this.#ask(viewer, integrationId, ({ connector, connection }, signal) =>
      connector.listItems(connection, { search, size, token }, signal),
    );
    if (found === null) return null;
    const rest = found.items.slice(shown);
    const nodes = rest.slice(0, page.first);
    const cursorAfter = (count: number): Cursor =>
      shown + count >= found.items.length && found.next !== null
        ? { size, token: found.next, shown: 0 }
        : { size, token, shown: shown + count };
    const edges = nodes.map((node, index) => ({ cursor: encodeCursor(cursorAfter(index + 1)), node }));
    return {
      edges,
      pageInfo: {
        hasNextPage: rest.length > nodes.length || found.next !== null,
        hasPreviousPage: page.after !== null,
        startCursor: edges[0]?.cursor ?? null,
        // Also a page that is empty may have another behind it.
        endCursor: edges.at(-1)?.cursor ?? (found.next === null ? null : encodeCursor(cursorAfter(0))),
      },
    };
  }

  /** Null for an integration that the tenant does not have, and for a key that nothing has. */
  async find(request: ServiceRequest, integrationId: string, key: string): Promise<ExternalItem | null> {
    const viewer = requirePermission(request.viewer, 'integration:read');
    if (key.length > MAX_KEY_LENGTH) return null;
    return this.#ask(viewer, integrationId, ({ connector, connection }, signal) =>
      connector.findItem(connection, key, signal),
    );
  }

  async #ask<Result>(
    { tenantId }: TenantViewer,
    integrationId: string,
    question: (opened: OpenedConnection, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | null> {
    const { connections, deadlineMs } = this.#options;
    const leftMs = (currentScope()?.deadline?.leftMs() ?? Infinity) - ANSWER_MS;
    const signal = AbortSignal.timeout(Math.max(0, Math.min(deadlineMs ?? DEADLINE_MS, leftMs)));
    return this.#withinLimit(tenantId, () =>
      orConflict(connections.use({ tenantId, integrationId }, (opened) => question(opened, signal))),
    );
  }

  async #withinLimit<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result> {
    const running = this.#running.get(tenantId) ?? 0;
    if (running >= MAX_QUESTIONS_PER_TENANT) {
      throw new FlowgridError(
        'RATE_LIMITED',
        'Your tenant asks too many systems at once. Try again shortly.',
      );
    }
    this.#running.set(tenantId, running + 1);
    try {
      return await work();
    } finally {
      const left = (this.#running.get(tenantId) ?? 1) - 1;
      if (left > 0) this.#running.set(tenantId, left);
      else this.#running.delete(tenantId);
    }
  }
}
