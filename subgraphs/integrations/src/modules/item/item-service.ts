/** Shows tickets and issues of connected systems. Nothing of them is kept. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, encodeCursor, parsePage, type Connection } from '@flowgrid/platform';
import type { ExternalItem } from '../../adapters/external-item.ts';
import { MAX_KEY_LENGTH } from './item-input.ts';
import type { ItemQuestions } from './item-questions.ts';

export interface ItemArguments {
  readonly search?: string | null | undefined;
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

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
  readonly #questions: ItemQuestions;

  constructor(questions: ItemQuestions) {
    this.#questions = questions;
  }

  /** Null for an integration that the tenant does not have. */
  async list(
    request: ServiceRequest,
    integrationId: string,
    args: ItemArguments,
  ): Promise<Connection<ExternalItem> | null> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    const page = parsePage(args, cursorSchema);
    const search = args.search ?? null;
    if ((search?.length ?? 0) > MAX_SEARCH_LENGTH) {
      throw new FlowgridError('BAD_USER_INPUT', `"search" has at most ${MAX_SEARCH_LENGTH} characters.`);
    }
    const { size, token, shown } = page.after ?? { size: page.first, token: null, shown: 0 };
    const found = await this.#questions.ask(
      { tenantId, integrationId },
      ({ connector, connection }, signal) => connector.listItems(connection, { search, size, token }, signal),
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
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    if (key.length > MAX_KEY_LENGTH) return null;
    return this.#questions.ask({ tenantId, integrationId }, ({ connector, connection }, signal) =>
      connector.findItem(connection, key, signal),
    );
  }
}
