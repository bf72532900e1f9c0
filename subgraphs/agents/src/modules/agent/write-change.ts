/** Writes the next revision of an agent, with its version if there is one, its audit row and its event. */
import type { AuditRecord } from '@flowgrid/access';
import { newId } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Snapshot } from '../definition/snapshot.ts';
import { insertVersion } from '../version/version-store.ts';
import { slugTaken } from './agent-errors.ts';
import { saveAgent, type AgentChanges } from './agent-store.ts';
import type { Agent } from './agent.ts';
import {
  recordChange,
  type AgentEventType,
  type ChangeBy,
  type RecordedAgentChange,
} from './record-change.ts';

export interface Change<Type extends AgentEventType> extends Pick<
  RecordedAgentChange<Type>,
  'type' | 'toData'
> {
  readonly agent: Agent;
  readonly record: AgentChanges;
  /** Further facts for the audit. */
  readonly facts?: AuditRecord['changes'];
  /** What is written with the new revision, before the event tells of it. */
  readonly store?: (saved: Agent) => Promise<void>;
  readonly by: ChangeBy;
}

/** Writes the next revision of a record. */
export async function writeChange<Type extends AgentEventType>(tx: Tx, change: Change<Type>): Promise<Agent> {
  const { agent, record, by, type, toData } = change;
  const saved = await saveAgent(tx, by.viewer.tenantId, { agent, changes: record, at: by.clock.now() });
  if (saved === null) throw slugTaken(record.slug ?? agent.slug);
  await change.store?.(saved);
  const names = fieldsOf(record).join(' ');
  const changes = { revision: saved.revision, ...(names !== '' && { fields: names }), ...change.facts };
  await recordChange(tx, by, { type, agent: saved, changes, toData });
  return saved;
}

/** Which fields of the record are written; what a new version is, is said elsewhere. */
export function fieldsOf(record: AgentChanges): readonly string[] {
  return Object.keys(record)
    .filter((name) => name !== 'latestNumber')
    .toSorted();
}

export interface VersionChange<Type extends AgentEventType> extends Omit<Change<Type>, 'store'> {
  readonly snapshot: Snapshot;
  readonly note: string | null;
  readonly restoredFrom?: number;
}

/** Writes the next revision of a record, and with it the next version. */
export async function writeVersion<Type extends AgentEventType>(
  tx: Tx,
  { snapshot, note, restoredFrom, ...change }: VersionChange<Type>,
): Promise<Agent> {
  const { agent, by } = change;
  const number = agent.latestNumber + 1;
  return writeChange(tx, {
    ...change,
    record: { ...change.record, latestNumber: number },
    facts: { ...change.facts, version: number },
    store: (saved) => {
      const version = {
        id: newId(),
        agentId: agent.id,
        number,
        digest: snapshot.digest,
        note,
        author: by.viewer.actor,
        parentNumber: agent.latestNumber,
        restoredFrom: restoredFrom ?? null,
        createdAt: saved.updatedAt,
      };
      return insertVersion(tx, by.viewer.tenantId, { version, snapshot });
    },
  });
}
