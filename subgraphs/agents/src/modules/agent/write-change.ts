/** Writes the next revision of an agent, with its version if there is one and with its audit row. */
import { auditRecord, type TenantViewer } from '@flowgrid/access';
import { newId, type Clock } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Snapshot } from '../definition/snapshot.ts';
import { insertVersion } from '../version/version-store.ts';
import { slugTaken } from './agent-errors.ts';
import { saveAgent, type AgentChanges } from './agent-store.ts';
import type { Agent } from './agent.ts';

/** Who changes something, in which request, and when. */
export interface ChangeBy {
  readonly viewer: TenantViewer;
  readonly requestId: string;
  readonly clock: Clock;
}

export interface Change {
  readonly agent: Agent;
  readonly record: AgentChanges;
  /** `agent.<past participle>`, for the audit. */
  readonly action: string;
  /** Further facts for the audit. */
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly by: ChangeBy;
}

/** Writes the next revision of a record. */
export async function writeChange(tx: Tx, change: Change): Promise<Agent> {
  const { agent, record, by } = change;
  const saved = await saveAgent(tx, by.viewer.tenantId, { agent, changes: record, at: by.clock.now() });
  if (saved === null) throw slugTaken(record.slug ?? agent.slug);
  await tx.auditEvent.create({
    data: auditRecord(by, {
      action: change.action,
      resourceType: 'agent',
      resourceId: agent.id,
      changes: { revision: saved.revision, ...namesOf(record), ...change.facts },
    }),
  });
  return saved;
}

/** Which fields of the record were written; what a new version is, the further facts say. */
function namesOf(record: AgentChanges): { fields?: string } {
  const names = Object.keys(record).filter((name) => name !== 'latestNumber');
  return names.length === 0 ? {} : { fields: names.toSorted().join(' ') };
}

export interface VersionChange extends Change {
  readonly snapshot: Snapshot;
  readonly note: string | null;
  readonly restoredFrom?: number;
}

/** Writes the next revision of a record, and with it the next version. */
export async function writeVersion(tx: Tx, change: VersionChange): Promise<Agent> {
  const { agent, snapshot, note, restoredFrom = null, by } = change;
  const number = agent.latestNumber + 1;
  const saved = await writeChange(tx, {
    ...change,
    record: { ...change.record, latestNumber: number },
    facts: { ...change.facts, version: number },
  });
  const version = {
    id: newId(),
    agentId: agent.id,
    number,
    digest: snapshot.digest,
    note,
    author: by.viewer.actor,
    parentNumber: agent.latestNumber,
    restoredFrom,
    createdAt: saved.updatedAt,
  };
  await insertVersion(tx, by.viewer.tenantId, { version, snapshot });
  return saved;
}
