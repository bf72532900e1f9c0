/** Starts design sessions, ends them, takes them up again, and reads them. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, isId, newId, parsePage, toConnection, type Connection } from '@flowgrid/platform';
import { deleteGrant, parkJob } from '../job/job-store.ts';
import { lockSession, recordEvent } from '../progress/event-store.ts';
import { insertSession } from './insert-session.ts';
import { recordChange, type SessionSnapshot } from './record-change.ts';
import {
  refineSession,
  updateProcessModel,
  type RefineInput,
  type UpdateModelInput,
} from './revise-session.ts';
import {
  changeSession,
  NO_FAILURE,
  queueAgain,
  requirePlaceInQueue,
  wrongState,
  type SessionChangeOptions,
} from './session-change.ts';
import { parseStartInput } from './session-input.ts';
import { findSessions, listSessions, type SessionFilter } from './session-store.ts';
import { hasEnded, type DesignSession, type DesignState } from './session.ts';

export type SessionServiceOptions = SessionChangeOptions;

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
    refine: (request: ServiceRequest, input: RefineInput) => refineSession(options, request, input),
    updateProcessModel: (request: ServiceRequest, input: UpdateModelInput) =>
      updateProcessModel(options, request, input),
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

const toData = (session: SessionSnapshot): { readonly session: SessionSnapshot } => ({ session });

async function cancel(
  options: SessionServiceOptions,
  request: ServiceRequest,
  sessionId: string,
): Promise<DesignSession> {
  const change = { sessionId, type: 'design_session.cancelled', toData } as const;
  return changeSession(options, request, change, async (context) => {
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
  const change = { sessionId, type: 'design_session.retried', toData } as const;
  return changeSession(options, request, change, async (context) => {
    const { session } = context;
    if (session.state !== 'FAILED' && session.state !== 'CANCELLED') throw wrongState(session, 'retried');
    return queueAgain(context, 'Queued again', NO_FAILURE);
  });
}

async function approve(
  options: SessionServiceOptions,
  request: ServiceRequest,
  sessionId: string,
): Promise<DesignSession> {
  const change = { sessionId, type: 'design_session.approved', toData } as const;
  return changeSession(options, request, change, async (context) => {
    const { session, viewer, now } = context;
    if (session.state !== 'AWAITING_REVIEW') {
      if (session.reviewedAt !== null) return { session, jobId: null };
      throw wrongState(session, 'approved');
    }
    return queueAgain(context, `Process model approved by ${viewer.actor.name}; queued`, { reviewedAt: now });
  });
}
