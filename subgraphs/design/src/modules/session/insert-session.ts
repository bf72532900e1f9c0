/** Writes a new session with its job, its grant and its first event. */
import type { TenantViewer } from '@flowgrid/access';
import { newId } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { storeContext } from '../intake/context-store.ts';
import { enqueueJob } from '../job/job-store.ts';
import { insertRevision } from '../revision/revision-store.ts';
import type { StartInput } from './session-input.ts';

export interface NewSession extends StartInput {
  readonly id: string;
  readonly viewer: TenantViewer;
  readonly now: Date;
}

/** Returns the id of the job; null, and nothing written, when the tenant has a session with this id. */
export async function insertSession(tx: Tx, input: NewSession): Promise<string | null> {
  const { id, viewer, now } = input;
  const { tenantId } = viewer;
  const inserted = await tx.designSession.createMany({ data: [toRow(input)], skipDuplicates: true });
  if (inserted.count === 0) return null;
  const { description, context } = input;
  await storeContext(tx, { tenantId, sessionId: id, description, context });
  const first = { number: 1, kind: 'INITIAL', message: null, processRevision: null } as const;
  await insertRevision(tx, { ...first, tenantId, sessionId: id, author: viewer.actor, now });
  const jobId = newId();
  await enqueueJob(tx, { tenantId, id: jobId, sessionId: id });
  await tx.jobGrant.createMany({
    data: [
      {
        tenantId,
        sessionId: id,
        actorId: viewer.actor.id,
        actorUserId: viewer.actor.userId,
        contextToken: viewer.contextToken,
        createdAt: now,
      },
    ],
  });
  await tx.designEvent.createMany({
    data: [
      {
        tenantId,
        sessionId: id,
        sequence: 1,
        attempt: 0,
        phase: 'CONTEXT',
        state: 'QUEUED',
        percent: 0,
        message: `Queued: ${description.length.toLocaleString('en')} characters to analyse.`,
        revision: 1,
        at: now,
      },
    ],
  });
  return jobId;
}

function toRow({ id, viewer, now, ...input }: NewSession) {
  return {
    tenantId: viewer.tenantId,
    id,
    title: input.title,
    description: input.description,
    engine: input.engine,
    split: input.split,
    target: input.target,
    reviewProcess: input.reviewProcess,
    agentId: input.agentId,
    isRedesign: input.agentId !== null,
    state: 'QUEUED',
    phase: 'CONTEXT',
    percent: 0,
    lastSequence: 1,
    createdByUserId: viewer.actor.userId,
    createdAt: now,
    updatedAt: now,
  };
}
