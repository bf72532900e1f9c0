/** Design revisions that people ask for: by a message, or by an edited process model. */
import { z } from 'zod';
import type { ServiceRequest } from '@flowgrid/access';
import { FlowgridError, InvalidInput, invalidInput, parseInput, text } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import { insertPhaseResult } from '../job/job-store.ts';
import {
  checkProcessModel,
  completeProcessModel,
  type ProcessModelInput,
} from '../process-model/edit-model.ts';
import { findProcessModels, insertProcessModel } from '../process-model/process-model-store.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import { isSameModel } from '../process-model/same-model.ts';
import { recordEvent } from '../progress/event-store.ts';
import { nextPhase } from '../progress/phase-percent.ts';
import { insertRevision, updateRevision } from '../revision/revision-store.ts';
import { MAX_PROCESS_REVISIONS, MAX_REVISIONS, type RevisionKind } from '../revision/revision.ts';
import {
  changeSession,
  NO_FAILURE,
  requeue,
  requirePlaceInQueue,
  wrongState,
  type Change,
  type Changed,
  type SessionChangeOptions,
} from './session-change.ts';
import type { DesignSession } from './session.ts';

const MESSAGE_MAX_LENGTH = 5_000;

const refineSchema = z.object({
  sessionId: z.string(),
  message: text(MESSAGE_MAX_LENGTH).trim().min(1, 'must not be empty'),
});

export type RefineInput = z.input<typeof refineSchema>;

/** @throws FlowgridError `CONFLICT` for a session that waits for a worker or has one, or in which nothing was understood yet. */
export async function refineSession(
  options: SessionChangeOptions,
  request: ServiceRequest,
  rawInput: RefineInput,
): Promise<DesignSession> {
  const { sessionId, message } = parseInput(refineSchema, rawInput);
  const change = {
    sessionId,
    type: 'design_session.refined',
    toData: (session, { revision }) => ({ session, revision }),
  } as const satisfies Parameters<typeof changeSession<'design_session.refined'>>[2];
  return changeSession(options, request, change, async (context) => {
    const { session } = context;
    requireAtRest(session, 'refined');
    if (session.processRevision === null) throw nothingUnderstood();
    return startRevision(context, { kind: 'REFINEMENT', message, processRevision: null });
  });
}

export interface UpdateModelInput {
  readonly sessionId: string;
  readonly expectedRevision: number;
  readonly model: ProcessModelInput;
}

/**
 * @throws InvalidInput with what is wrong with the model, or `STALE_REVISION` with the session as it is now;
 * FlowgridError `CONFLICT` for a session that waits for a worker or has one, or that has no model yet.
 */
export async function updateProcessModel(
  options: SessionChangeOptions,
  request: ServiceRequest,
  { sessionId, expectedRevision, model: input }: UpdateModelInput,
): Promise<DesignSession> {
  const change = {
    sessionId,
    type: 'design_session.process_model_updated',
    toData: (session, { revision, processRevision }) => ({
      session,
      revision,
      processRevision: processRevision ?? 0,
    }),
  } as const satisfies Parameters<typeof changeSession<'design_session.process_model_updated'>>[2];
  return changeSession(options, request, change, async (context) => {
    const { session, tx, viewer, now } = context;
    requireAtRest(session, 'edited');
    const newest = await readNewest(tx, viewer.tenantId, session);
    if (newest.revision !== expectedRevision) throw staleModel(session, newest.revision);
    const model = completeProcessModel(input, newest.revision + 1);
    const errors = checkProcessModel(model, session.sourceText);
    if (errors.length > 0) {
      throw new InvalidInput(errors.map((error) => ({ ...error, path: ['model', ...error.path] })));
    }
    if (isSameModel(model, newest)) return { session, jobId: null };
    if (model.revision > MAX_PROCESS_REVISIONS) throw tooManyEdits();
    const { tenantId } = viewer;
    await insertProcessModel(tx, { tenantId, sessionId: session.id, model, origin: 'EDIT', createdAt: now });
    if (session.state === 'AWAITING_REVIEW') return editInReview(context, model);
    const { revision: processRevision } = model;
    return startRevision(context, { kind: 'PROCESS_EDIT', message: null, processRevision });
  });
}

function requireAtRest(session: DesignSession, verb: string): void {
  if (session.state === 'QUEUED' || session.state === 'RUNNING') throw wrongState(session, verb);
}

async function readNewest(tx: Tx, tenantId: string, session: DesignSession): Promise<ProcessModel> {
  const newest = (await findProcessModels(tx, tenantId, [session.id])).get(session.id);
  if (newest === undefined) throw nothingUnderstood();
  return newest;
}

function nothingUnderstood(): FlowgridError {
  const message = 'The description was not analysed yet, so there is nothing to change. Retry the design.';
  return new FlowgridError('CONFLICT', message);
}

function staleModel(session: DesignSession, newest: number): InvalidInput {
  const message = `The process model is at revision ${newest} by now. Read it again and repeat the change.`;
  const { errors } = invalidInput('STALE_REVISION', message, ['expectedRevision']);
  return new InvalidInput(errors, session);
}

/** The design goes on with the edited model when it is approved. */
async function editInReview(context: Change, { revision }: ProcessModel): Promise<Changed> {
  const { tx, viewer, session, now } = context;
  const { tenantId } = viewer;
  const key = { tenantId, sessionId: session.id };
  await updateRevision(tx, { ...key, number: session.revision }, { processRevision: revision });
  const job = await tx.designJob.findUniqueOrThrow({ where: { tenantId_sessionId: key } });
  const { phase, state, percent } = session;
  const message = `Process model edited by ${viewer.actor.name}; it waits for approval.`;
  const event = { phase, state, percent, message, attempt: job.attempt, at: now };
  const patch = { processRevision: revision };
  return { jobId: job.id, session: await recordEvent(tx, { tenantId, session, event, patch }) };
}

interface RevisionToStart {
  readonly kind: RevisionKind;
  readonly message: string | null;
  /** Of the edited model; null where the text is to be analysed again. */
  readonly processRevision: number | null;
}

/** Queues another design of the session. CONTEXT is done again: what was connected since can be used. */
async function startRevision(context: Change, revision: RevisionToStart): Promise<Changed> {
  const { tx, viewer, session, now } = context;
  const { tenantId, actor: author } = viewer;
  const { kind, processRevision } = revision;
  const number = session.revision + 1;
  if (number > MAX_REVISIONS) throw tooManyRevisions();
  const sessionId = session.id;
  await insertRevision(tx, { ...revision, tenantId, sessionId, number, author, now });
  const job = await requeue(context);
  await requirePlaceInQueue(tx, tenantId);
  // The next claim's: within an attempt percent never falls.
  const attempt = job.attempt + 1;
  const isEdit = processRevision !== null;
  if (isEdit) {
    const result = { tenantId, sessionId, revision: number, phase: 'ANALYSIS', attempt, now } as const;
    await insertPhaseResult(tx, { ...result, result: {} });
  }
  const what = kind === 'PROCESS_EDIT' ? 'Process model edited' : 'Refined';
  const event = {
    ...nextPhase(new Set()),
    state: 'QUEUED',
    message: `${what} by ${author.name}; queued as revision ${number}.`,
    attempt,
    revision: number,
    at: now,
  } as const;
  // Whoever edits a model has looked at it.
  const patch = { ...NO_FAILURE, ...(isEdit && { processRevision, reviewedAt: now }) };
  return { jobId: job.id, session: await recordEvent(tx, { tenantId, session, event, patch }) };
}

function tooManyRevisions(): FlowgridError {
  return new FlowgridError(
    'CONFLICT',
    `The session has ${MAX_REVISIONS} revisions. Start a new design, or a redesign of its agent.`,
  );
}

function tooManyEdits(): FlowgridError {
  return new FlowgridError(
    'CONFLICT',
    `The process model has ${MAX_PROCESS_REVISIONS} revisions. Go on with it as it is, or start a new design.`,
  );
}
