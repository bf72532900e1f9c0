/** Agent records in the database. */
import { invariant, isId } from '@flowgrid/platform';
import { Prisma } from '../../generated/prisma/client.ts';
import type { AgentRow } from '../../generated/prisma/client.ts';
import type { Tx } from '../../database.ts';
import type { JsonObject } from '../definition/canonical-json.ts';
import { AGENT_STATUSES, type Agent, type AgentStatus } from './agent.ts';
import { toSearchText } from './search-text.ts';
import { foldText } from './slug.ts';

const UNIQUE_VIOLATION = 'P2002';

export async function findAgent(tx: Tx, tenantId: string, id: string): Promise<Agent | null> {
  if (!isId(id)) return null;
  const row = await tx.agentRow.findUnique({ where: { tenantId_id: { tenantId, id } } });
  return row === null ? null : toAgent(row);
}

export async function findAgentBySlug(tx: Tx, tenantId: string, slug: string): Promise<Agent | null> {
  const row = await tx.agentRow.findUnique({ where: { tenantId_slug: { tenantId, slug } } });
  return row === null ? null : toAgent(row);
}

/** The agents that exist among the ids, in any order. */
export async function listAgentsByIds(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly Agent[]> {
  const rows = await tx.agentRow.findMany({ where: { tenantId, id: { in: ids.filter(isId) } } });
  return rows.map(toAgent);
}

/** Reads the agent and keeps every other writer of it waiting until the transaction ends. */
export async function findAgentForChange(tx: Tx, tenantId: string, id: string): Promise<Agent | null> {
  if (!isId(id)) return null;
  await tx.$queryRaw`
    SELECT 1 AS locked FROM agent WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
  return findAgent(tx, tenantId, id);
}

/** False when the tenant has an agent with that id or slug already. */
export async function insertAgent(tx: Tx, tenantId: string, agent: Agent): Promise<boolean> {
  const { count } = await tx.agentRow.createMany({ data: [toRow(tenantId, agent)], skipDuplicates: true });
  return count === 1;
}

export type AgentChanges = Partial<
  Pick<Agent, 'slug' | 'name' | 'description' | 'tags' | 'metadata' | 'status' | 'latestNumber'>
>;

/** Writes the changes as the next revision. Gives null when the slug is taken; the transaction is then lost. */
export async function saveAgent(
  tx: Tx,
  tenantId: string,
  save: { readonly agent: Agent; readonly changes: AgentChanges; readonly at: Date },
): Promise<Agent | null> {
  const { agent, changes, at } = save;
  const next: Agent = { ...agent, ...changes, revision: agent.revision + 1, updatedAt: at };
  try {
    const { count } = await tx.agentRow.updateMany({
      where: { tenantId, id: agent.id, revision: agent.revision },
      data: toRow(tenantId, next),
    });
    invariant(count === 1, 'the agent was read for change in this transaction');
    return next;
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION) return null;
    throw error;
  }
}

/** Removes the agent; its versions and environments go with it. */
export async function removeAgent(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.agentRow.deleteMany({ where: { tenantId, id } });
}

/** The slugs in use that are the base or the base with a suffix. */
export async function listSlugsLike(tx: Tx, tenantId: string, base: string): Promise<ReadonlySet<string>> {
  const rows = await tx.agentRow.findMany({
    where: { tenantId, OR: [{ slug: base }, { slug: { startsWith: `${base}-` } }] },
    select: { slug: true },
  });
  return new Set(rows.map(({ slug }) => slug));
}

export function toAgent(row: AgentRow): Agent {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    tags: row.tags,
    metadata: row.metadata as JsonObject,
    status: toStatus(row.status),
    ownerId: row.ownerId,
    createdById: row.createdById,
    revision: row.revision,
    latestNumber: row.latestNumber,
    creationDigest: row.creationDigest,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

function toStatus(value: string): AgentStatus {
  const status = AGENT_STATUSES.find((candidate) => candidate === value);
  invariant(status !== undefined, 'the database checks the status');
  return status;
}

function toRow(tenantId: string, agent: Agent) {
  return {
    ...agent,
    tenantId,
    tags: [...agent.tags],
    metadata: agent.metadata as Prisma.InputJsonObject,
    sortName: foldText(agent.name),
    searchText: toSearchText([agent.name, agent.slug, agent.description, ...agent.tags]),
  };
}
