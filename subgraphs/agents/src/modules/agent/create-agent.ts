/** Makes a new agent with its first version, once for each id that a caller chose. */
import { invalidInput, newId } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { JsonValue } from '../definition/canonical-json.ts';
import { digestOf } from '../definition/canonical-json.ts';
import type { Snapshot } from '../definition/snapshot.ts';
import { insertVersion } from '../version/version-store.ts';
import { slugTaken } from './agent-errors.ts';
import type { CreateAgent } from './agent-input.ts';
import { findAgent, insertAgent, listSlugsLike } from './agent-store.ts';
import type { Agent } from './agent.ts';
import { recordChange, type ChangeBy } from './record-change.ts';
import { deriveSlug, freeSlug } from './slug.ts';

/** Others may take a slug between the look and the insert; after this many times it gets a random part. */
const MAX_SUGGESTIONS = 5;

export interface NewAgent {
  readonly input: CreateAgent;
  readonly snapshot: Snapshot;
  readonly by: ChangeBy;
}

/** @throws InvalidInput `TAKEN` for a slug in use, or an id under which another agent was created. */
export async function createAgent(tx: Tx, { input, snapshot, by }: NewAgent): Promise<Agent> {
  const { tenantId, actor } = by.viewer;
  const at = by.clock.now();
  const creation: Omit<Agent, 'slug'> = {
    id: input.id ?? newId(),
    name: input.name,
    description: input.description,
    tags: input.tags,
    metadata: input.metadata,
    status: 'DRAFT',
    ownerId: actor.userId,
    createdById: actor.userId,
    revision: 1,
    latestNumber: 1,
    creationDigest: digestOf(toJson(input)),
    createdAt: at,
    updatedAt: at,
  };
  const { agent, isNew } = await insertWithSlug(tx, tenantId, { creation, slug: input.slug ?? null });
  if (!isNew) return agent;
  const version = {
    id: newId(),
    agentId: agent.id,
    number: 1,
    digest: snapshot.digest,
    note: input.note,
    author: actor,
    parentNumber: null,
    restoredFrom: null,
    createdAt: at,
  };
  await insertVersion(tx, tenantId, { version, snapshot });
  await recordChange(tx, by, {
    type: 'agent.created',
    agent,
    changes: { name: agent.name, slug: agent.slug, version: 1 },
    toData: (agent) => ({ agent }),
  });
  return agent;
}

async function insertWithSlug(
  tx: Tx,
  tenantId: string,
  { creation, slug: given }: { readonly creation: Omit<Agent, 'slug'>; readonly slug: string | null },
): Promise<{ agent: Agent; isNew: boolean }> {
  const base = given ?? deriveSlug(creation.name);
  for (let attempt = 1; ; attempt += 1) {
    const slug = given ?? (await suggestSlug(tx, tenantId, { base, attempt }));
    const agent = { ...creation, slug };
    if (await insertAgent(tx, tenantId, agent)) return { agent, isNew: true };
    const existing = await findAgent(tx, tenantId, creation.id);
    if (existing !== null) return { agent: requireSameCreation(existing, creation), isNew: false };
    if (given !== null) throw slugTaken(given);
  }
}

async function suggestSlug(
  tx: Tx,
  tenantId: string,
  { base, attempt }: { readonly base: string; readonly attempt: number },
): Promise<string> {
  if (attempt > MAX_SUGGESTIONS) return `${base}-${newId().slice(-12)}`;
  return freeSlug(base, await listSlugsLike(tx, tenantId, base));
}

/** The same call again gives the agent that the first one made, as it is by now. */
function requireSameCreation(existing: Agent, creation: Omit<Agent, 'slug'>): Agent {
  if (existing.creationDigest === creation.creationDigest) return existing;
  throw invalidInput('TAKEN', 'An agent with this id was created with other content.', ['id']);
}

/** The input without the fields that were not given. */
function toJson(input: CreateAgent): JsonValue {
  return JSON.parse(JSON.stringify(input)) as JsonValue;
}
