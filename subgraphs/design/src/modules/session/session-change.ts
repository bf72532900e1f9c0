/** What a person does to a session that is there: under the lock of its row, with its audit row and its event, announced when it is committed. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import type { EventData } from '@flowgrid/messaging';
import { FlowgridError, isId, notFound, type Clock } from '@flowgrid/platform';
import type { Announcer } from '../../announce.ts';
import type { DesignDatabase, Tx } from '../../database.ts';
import { countUnfinishedJobs, listPhaseResults, replaceGrant, requeueJob } from '../job/job-store.ts';
import { lockSession, recordEvent } from '../progress/event-store.ts';
import { nextPhase } from '../progress/phase-percent.ts';
import { recordChange, type SessionEventType, type SessionSnapshot } from './record-change.ts';
import { DESIGN_PHASES, type DesignSession } from './session.ts';

export interface SessionChangeOptions {
  readonly database: DesignDatabase;
  readonly announce: Announcer;
  readonly clock: Clock;
}

export interface Change {
  readonly tx: Tx;
  readonly viewer: TenantViewer;
  readonly session: DesignSession;
  readonly now: Date;
}

export interface Changed {
  readonly session: DesignSession;
  /** The job to announce; null when nothing changed. */
  readonly jobId: string | null;
}

/** What a person does to a session that is there. */
type PersonalChange = Extract<
  SessionEventType,
  | 'design_session.cancelled'
  | 'design_session.retried'
  | 'design_session.approved'
  | 'design_session.refined'
  | 'design_session.process_model_updated'
>;

export interface ChangeOfSession<Type extends PersonalChange> {
  readonly sessionId: string;
  readonly type: Type;
  readonly toData: (snapshot: SessionSnapshot, session: DesignSession) => EventData<Type>;
}

/** @throws FlowgridError `NOT_FOUND`, and what `work` throws. */
export async function changeSession<Type extends PersonalChange>(
  { database, announce, clock }: SessionChangeOptions,
  request: ServiceRequest,
  { sessionId, type, toData }: ChangeOfSession<Type>,
  work: (change: Change) => Promise<Changed>,
): Promise<DesignSession> {
  const viewer = requirePermission(request.viewer, 'design:run');
  if (!isId(sessionId)) throw notFound('Design session');
  const outcome = await database.inTenant(viewer.tenantId, async (tx) => {
    const session = await lockSession(tx, viewer.tenantId, sessionId);
    if (session === null) throw notFound('Design session');
    const changed = await work({ tx, viewer, session, now: clock.now() });
    if (changed.jobId === null) return changed;
    const by = { viewer, requestId: request.requestId, clock };
    const { session: after } = changed;
    await recordChange(tx, by, { type, session: after, toData: (snapshot) => toData(snapshot, after) });
    return changed;
  });
  if (outcome.jobId !== null) {
    announce.job(outcome.jobId);
    announce.progress(outcome.session.id);
  }
  return outcome.session;
}

type SessionPatch = NonNullable<Parameters<typeof recordEvent>[1]['patch']>;

/** What a session loses when it is taken up again. */
export const NO_FAILURE = {
  failurePhase: null,
  failureCode: null,
  failureMessage: null,
  failureRetryable: null,
} as const;

/** Goes on with the revision that there is. */
export async function queueAgain(change: Change, what: string, patch: SessionPatch = {}): Promise<Changed> {
  const { tx, viewer, session, now } = change;
  const { tenantId } = viewer;
  const job = await requeue(change);
  await requirePlaceInQueue(tx, tenantId);
  const finished = new Set((await listPhaseResults(tx, tenantId, session)).keys());
  const names = DESIGN_PHASES.filter((phase) => finished.has(phase));
  const kept = names.length === 0 ? '' : `; finished phases are kept: ${names.join(', ')}`;
  const event = {
    ...nextPhase(finished),
    state: 'QUEUED',
    message: `${what}${kept}.`,
    attempt: job.attempt,
    at: now,
  } as const;
  return { jobId: job.id, session: await recordEvent(tx, { tenantId, session, event, patch }) };
}

/** Puts the job back into the queue, for whoever asks now. */
export async function requeue({
  tx,
  viewer,
  session,
  now,
}: Change): Promise<{ readonly id: string; readonly attempt: number }> {
  const { tenantId, contextToken, actor } = viewer;
  const sessionId = session.id;
  const job = await requeueJob(tx, { tenantId, sessionId });
  await replaceGrant(tx, {
    tenantId,
    sessionId,
    actorId: actor.id,
    actorUserId: actor.userId,
    contextToken,
    createdAt: now,
  });
  return job;
}

/** What one tenant may have under way: more would fill the queue, and its history, for nobody's use. */
const MAX_UNFINISHED_JOBS = 100;

export async function requirePlaceInQueue(tx: Tx, tenantId: string): Promise<void> {
  if ((await countUnfinishedJobs(tx, tenantId)) <= MAX_UNFINISHED_JOBS) return;
  throw new FlowgridError(
    'RATE_LIMITED',
    `Your tenant has ${MAX_UNFINISHED_JOBS} designs under way. Wait until some are done, or cancel some.`,
  );
}

export function wrongState(session: DesignSession, verb: string): FlowgridError {
  return new FlowgridError('CONFLICT', `The session is ${session.state}; it cannot be ${verb} now.`, {
    details: { state: session.state },
  });
}
