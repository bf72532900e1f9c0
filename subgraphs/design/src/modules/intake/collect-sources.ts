/** Gathers what a design considers: the description, the files and items that the session was given, and its agents. */
import type { DesignDatabase } from '../../database.ts';
import { cleanLine, cleanText } from './clean-text.ts';
import { findSourceAgents, readContext, type SourceAgent, type StoredContext } from './context-store.ts';
import type { ItemReference } from './design-context.ts';
import { findTooLong, joinSources, type SourcePart, type SourceText } from './source-text.ts';

/** What is read of a ticket or an issue of a connected system. */
export interface ItemText {
  readonly key: string;
  readonly title: string;
  readonly body: string;
}

export interface SourceRequest {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly description: string;
  /**
   * Reads an item with the rights of whoever started the session; null when there is none. Called only for a session that
   * was given items; what it throws is passed on.
   */
  readonly readItem: (item: ItemReference) => Promise<ItemText | null>;
}

export interface CollectedSources extends SourceText {
  /** Agents of the tenant that the session was told to consider. */
  readonly agents: readonly SourceAgent[];
}

/** What a session was given cannot be considered. The message is for the person who started it. */
export class SourceProblem extends Error {
  override readonly name = 'SourceProblem';
  readonly code: 'SOURCE_TOO_LONG' | 'SOURCE_NOT_FOUND' | 'SOURCE_UNREADABLE';
  readonly isRetryable: boolean;

  constructor(code: SourceProblem['code'], message: string, isRetryable: boolean) {
    super(message);
    this.code = code;
    this.isRetryable = isRetryable;
  }
}

const MAX_NAME_LENGTH = 200;

/** @throws SourceProblem, or what `readItem` throws. */
export async function collectSources(
  database: DesignDatabase,
  request: SourceRequest,
): Promise<CollectedSources> {
  const { tenantId, sessionId, description } = request;
  const context = await database.readInTenant(tenantId, (tx) => readContext(tx, tenantId, sessionId));
  const agents = await findAgents(database, tenantId, context);
  const items = await readItems(context.items, request.readItem);
  const parts: readonly SourcePart[] = [
    { kind: 'DESCRIPTION', name: 'Description', text: description, model: null },
    ...context.files.map((file) => ({ kind: 'FILE', ...file }) as const),
    ...items.map((item) => ({ kind: 'ITEM', name: item.key, text: writeItem(item), model: null }) as const),
  ];
  const problem = findTooLong(
    parts.map(({ kind, name, text }) => ({
      name: kind === 'DESCRIPTION' ? 'the description' : `"${name}"`,
      length: text.length,
    })),
  );
  if (problem !== null) throw new SourceProblem('SOURCE_TOO_LONG', problem, false);
  return { ...joinSources(parts), agents };
}

async function findAgents(
  database: DesignDatabase,
  tenantId: string,
  { agentIds }: StoredContext,
): Promise<readonly SourceAgent[]> {
  if (agentIds.length === 0) return [];
  const known = await database.readInTenant(tenantId, (tx) => findSourceAgents(tx, tenantId, agentIds));
  return agentIds.map((id) => {
    const agent = known.get(id);
    if (agent) return agent;
    // An agent that was made a moment ago may not be known here yet.
    throw new SourceProblem(
      'SOURCE_NOT_FOUND',
      `There is no agent ${id} that could be considered. Retry shortly if it was just made; else start a new design without it.`,
      true,
    );
  });
}

/** One after the other: the other system is not to be flooded. */
async function readItems(
  references: readonly ItemReference[],
  readItem: SourceRequest['readItem'],
): Promise<readonly ItemText[]> {
  const items: ItemText[] = [];
  for (const reference of references) {
    const item = await readItem(reference);
    if (item === null) {
      throw new SourceProblem(
        'SOURCE_NOT_FOUND',
        `There is no item "${reference.key}" in the integration that was named. Start a new design without it.`,
        false,
      );
    }
    items.push({ ...item, key: cleanLine(item.key, MAX_NAME_LENGTH) });
  }
  return items;
}

function writeItem({ key, title, body }: ItemText): string {
  const heading = `${key}: ${cleanText(title).replaceAll(/\s+/g, ' ').trim()}`;
  return [heading, cleanText(body).trim()].filter((part) => part !== '').join('\n\n');
}
