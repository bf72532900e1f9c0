/** Versions in the database: added and read, never changed. */
import { toActor } from '../actor/actor.ts';
import { invariant, isId } from '@flowgrid/platform';
import type { Prisma } from '../../generated/prisma/client.ts';
import type { Tx } from '../../database.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import type { Snapshot } from '../definition/snapshot.ts';
import type { AgentVersion, VersionKey } from './agent-version.ts';

const WITHOUT_DEFINITION = { definition: true } as const;

type VersionRow = Prisma.AgentVersionRowGetPayload<{ omit: typeof WITHOUT_DEFINITION }>;

export async function insertVersion(
  tx: Tx,
  tenantId: string,
  { version, snapshot }: { readonly version: AgentVersion; readonly snapshot: Snapshot },
): Promise<void> {
  const { author, ...facts } = version;
  await tx.agentVersionRow.createMany({
    data: [
      {
        ...facts,
        tenantId,
        definition: snapshot.definition,
        authorKind: author.kind,
        authorId: author.id,
        authorName: author.name,
        authorUserId: author.userId,
      },
    ],
  });
}

/** The definition of a version that is known to exist. */
export async function getSnapshot(tx: Tx, tenantId: string, key: VersionKey): Promise<Snapshot> {
  const row = await tx.agentVersionRow.findUnique({
    where: { tenantId_agentId_number: { tenantId, ...key } },
    select: { definition: true, digest: true },
  });
  invariant(row !== null, 'numbers of versions have no gaps');
  return { definition: toDefinition(row.definition), digest: row.digest };
}

/** The versions that exist among the keys, in any order. */
export async function listVersions(
  tx: Tx,
  tenantId: string,
  keys: readonly VersionKey[],
): Promise<readonly AgentVersion[]> {
  const byAgent = Map.groupBy(keys, ({ agentId }) => agentId);
  const rows = await tx.agentVersionRow.findMany({
    where: {
      tenantId,
      OR: [...byAgent].map(([agentId, wanted]) => ({
        agentId,
        number: { in: wanted.map(({ number }) => number) },
      })),
    },
    omit: WITHOUT_DEFINITION,
  });
  return rows.map(toVersion);
}

export async function listVersionsByIds(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly AgentVersion[]> {
  const rows = await tx.agentVersionRow.findMany({
    where: { tenantId, id: { in: ids.filter(isId) } },
    omit: WITHOUT_DEFINITION,
  });
  return rows.map(toVersion);
}

/** Definitions by the id of their version. */
export async function listDefinitions(
  tx: Tx,
  tenantId: string,
  versionIds: readonly string[],
): Promise<ReadonlyMap<string, AgentDefinition>> {
  const rows = await tx.agentVersionRow.findMany({
    where: { tenantId, id: { in: [...versionIds] } },
    select: { id: true, definition: true },
  });
  return new Map(rows.map((row) => [row.id, toDefinition(row.definition)]));
}

function toVersion(row: VersionRow): AgentVersion {
  return {
    id: row.id,
    agentId: row.agentId,
    number: row.number,
    digest: row.digest,
    note: row.note,
    author: toActor({
      kind: row.authorKind,
      id: row.authorId,
      name: row.authorName,
      userId: row.authorUserId,
    }),
    parentNumber: row.parentNumber,
    restoredFrom: row.restoredFrom,
    createdAt: row.createdAt,
  };
}

/** What is kept was checked before it was written. */
function toDefinition(json: Prisma.JsonValue): AgentDefinition {
  return json as unknown as AgentDefinition;
}
