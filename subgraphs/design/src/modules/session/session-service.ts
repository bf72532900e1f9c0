/** Starts design sessions, ends them, takes them up again, and reads them. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  isId,
  newId,
  notFound,
  parsePage,
  toConnection,
  type Clock,
  type Connection,
} from '@flowgrid/platform';
import type { Announcer } from '../../announce.ts';
import type { DesignDatabase, Tx } from '../../database.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import {
  countUnfinishedJobs,
  deleteGrant,
  listPhaseResults,
  parkJob,
  replaceGrant,
  requeueJob,
} from '../job/job-store.ts';
import { lockSession, recordEvent } from '../progress/event-store.ts';
import { nextPhase } from '../progress/phase-percent.ts';
import { insertSession } from './insert-session.ts';
import { recordChange, type SessionEventType } from './record-change.ts';
import { parseStartInput } from './session-input.ts';
import { findProcessModels, findSessions, listSessions, type SessionFilter } from './session-store.ts';
import { hasEnded, type DesignSession, type DesignState } from './session.ts';

export interface SessionServiceOptions {
  readonly database: DesignDatabase;
  readonly announce: Announcer;
  readonly clock: Clock;
}

interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

const cursorSchema = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

export type SessionService = ReturnType<typeof createSessionService>;

export function createSessionService(options: SessionServiceOptions) {
  return {
    start: (request: ServiceRequest, input: Parameters<typeof parseStartInput>[0]) =>
      start(options, request, input),
    approve: (request: ServiceRequest, sessionId: string) => approve(options, request, sessionId),
    cancel: (request: ServiceRequest, sessionId: string) => cancel(options, request, sessionId),
    retry: (request: ServiceRequest, sessionId: string) => retry(options, request, sessionId),
    list: (
      request: ServiceRequest,
      args: PageArguments & { state?: DesignState | null; agentId?: string },
    ): Promise<Connection<DesignSession>> => list(options, request, args),
    /** Sessions by id, as they are now; absent where the tenant has none. */
    findMany: async (
      request: ServiceRequest,
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, DesignSession>> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      return options.database.readInTenant(tenantId, (tx) => findSessions(tx, tenantId, ids.filter(isId)));
    },
    /** The newest process model of each session that has one. */
    findProcessModels: async (
      request: ServiceRequest,
      sessionIds: readonly string[],
    ): Promise<ReadonlyMap<string, ProcessModel>> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      return options.database.readInTenant(tenantId, (tx) => findProcessModels(tx, tenantId, sessionIds));
    },
  };
}

async function start(
  { database, announce, clock }: SessionServiceOptions,
  request: ServiceRequest,
  rawInput: Parameters<typeof parseStartInput>[0],
): Promise<DesignSession> {
  const viewer = requirePermission(request.viewer, 'design:run');
  const input = parseStartInput(rawInput);
  const { tenantId } = viewer;
  const id = input.id ?? newId();
  const outcome = await database.inTenant(tenantId, async (tx) => {
    const jobId = await insertSession(tx, { ...input, id, viewer, now: clock.now() });
    const session = await lockSession(tx, tenantId, id);
    if (session === null) throw new Error('A session that was just stored is not there.');
    if (jobId === null) return { session, jobId };
    await requirePlaceInQueue(tx, tenantId);
    const by = { viewer, requestId: request.requestId, clock };
    await recordChange(tx, by, {
      type: 'design_session.started',
      session,
      toData: (session) => ({ session }),
    });
    return { session, jobId };
  });
  if (outcome.jobId === null) return sameSession(outcome.session, input);
  announce.job(outcome.jobId);
  return outcome.session;
}

/** What one tenant may have under way: more would fill the queue, and its history, for nobody's use. */
const MAX_UNFINISHED_JOBS = 100;

async function requirePlaceInQueue(tx: Tx, tenantId: string): Promise<void> {
  if ((await countUnfinishedJobs(tx, tenantId)) <= MAX_UNFINISHED_JOBS) return;
  throw new FlowgridError(
    'RATE_LIMITED',
    `Your tenant has ${MAX_UNFINISHED_JOBS} designs under way. Wait until some are done, or cancel some.`,
  );
}

/** A repeated start gets the session that the first one made. */
function sameSession(
  session: DesignSession,
  input: { readonly title: string; readonly description: string },
): DesignSession {
  if (session.title === input.title && session.description === input.description) return session;
  throw new FlowgridError('CONFLICT', 'Another session has this id. Leave "id" out or choose a new one.');
}

async function list(
  { database }: SessionServiceOptions,
  request: ServiceRequest,
  args: PageArguments & { state?: DesignState | null; agentId?: string },
): Promise<Connection<DesignSession>> {
  const { tenantId } = requirePermission(request.viewer, 'design:read');
  const page = parsePage(args, cursorSchema);
  const { agentId } = args;
  if (agentId !== undefined && !isId(agentId)) return toConnection<DesignSession>([], page, () => null);
  const filter: SessionFilter = {
    tenantId,
    state: args.state,
    ...(agentId !== undefined && { agentId }),
  };
  const rows = await database.readInTenant(tenantId, (tx) => listSessions(tx, filter, page));
  return toConnection(rows, page, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
}

interface Change {
  readonly tx: Tx;
  readonly viewer: TenantViewer;
  readonly session: DesignSession;
  readonly now: Date;
}

interface Changed {
  readonly session: DesignSession;
  /** The job to announce; null when nothing changed. */
  readonly jobId: string | null;
}

/** What a person does to a session that is there. */
type PersonalChange = Extract<
  SessionEventType,
  'design_session.cancelled' | 'design_session.retried' | 'design_session.approved'
>;

/** Locks the session, changes it, records who did it, and announces the change when it is committed. */
async function change(
  { database, announce, clock }: SessionServiceOptions,
  request: ServiceRequest,
  { sessionId, type }: { readonly sessionId: string; readonly type: PersonalChange },
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
    await recordChange(tx, by, { type, session: changed.session, toData: (session) => ({ session }) });
    return changed;
  });
  if (outcome.jobId !== null) {
    announce.job(outcome.jobId);
    announce.progress(sessionId);
  }
  return outcome.session;
}

async function cancel(
  options: SessionServiceOptions,
  request: ServiceRequest,
  sessionId: string,
): Promise<DesignSession> {
  return change(options, request, { sessionId, type: 'design_session.cancelled' }, async (context) => {
    const { tx, viewer, session, now } = context;
    if (session.state === 'CANCELLED') return { session, jobId: null };
    if (hasEnded(session.state)) throw wrongState(session, 'cancelled');
    const { tenantId } = viewer;
    const job = await tx.designJob.findUniqueOrThrow({
      where: { tenantId_sessionId: { tenantId, sessionId } },
    });
    const jobId = await parkJob(tx, { tenantId, sessionId }, 'ENDED');
    await deleteGrant(tx, { tenantId, sessionId });
    const message = `Cancelled by ${viewer.actor.name}.`;
    const { phase, percent } = session;
    const event = { phase, state: 'CANCELLED', percent, message, attempt: job.attempt, at: now } as const;
    return { jobId, session: await recordEvent(tx, { tenantId, session, event }) };
  });
}

async function retry(
  options: SessionServiceOptions,
  request: ServiceRequest,
  sessionId: string,
): Promise<DesignSession> {
  return change(options, request, { sessionId, type: 'design_session.retried' }, async (context) => {
    const { session } = context;
    if (session.state !== 'FAILED' && session.state !== 'CANCELLED') throw wrongState(session, 'retried');
    return queueAgain(context, 'Queued again', {
      failurePhase: null,
      failureCode: null,
      failureMessage: null,
      failureRetryable: null,
    });
  });
}

async function approve(
  options: SessionServiceOptions,
  request: ServiceRequest,
  sessionId: string,
): Promise<DesignSession> {
  return change(options, request, { sessionId, type: 'design_session.approved' }, async (context) => {
    const { session, viewer, now } = context;
    if (session.state !== 'AWAITING_REVIEW') {
      if (session.reviewedAt !== null) return { session, jobId: null };
      throw wrongState(session, 'approved');
    }
    return queueAgain(context, `Process model approved by ${viewer.actor.name}; queued`, { reviewedAt: now });
  });
}

async function queueAgain(
  { tx, viewer, session, now }: Change,
  what: string,
  patch: Parameters<typeof recordEvent>[1]['patch'],
): Promise<Changed> {
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
  const finished = new Set((await listPhaseResults(tx, tenantId, sessionId)).keys());
  const kept = finished.size === 0 ? '' : `; finished phases are kept: ${[...finished].join(', ')}`;
  const event = {
    ...nextPhase(finished),
    state: 'QUEUED',
    message: `${what}${kept}.`,
    attempt: job.attempt,
    at: now,
  } as const;
  return { jobId: job.id, session: await recordEvent(tx, { tenantId, session, event, patch: patch ?? {} }) };
}

function wrongState(session: DesignSession, verb: string): FlowgridError {
  return new FlowgridError('CONFLICT', `The session is ${session.state}; it cannot be ${verb} now.`, {
    details: { state: session.state },
  });
}
