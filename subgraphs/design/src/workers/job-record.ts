/**
 * Everything that a worker writes for a job. Each write is one transaction that holds the locks of the session and of the
 * claim, so that after a takeover or a cancellation nothing of the earlier worker gets through.
 */
import type { Actor } from '@flowgrid/access';
import type { Clock } from '@flowgrid/platform';
import { invariant } from '@flowgrid/platform';
import type { Announcer } from '../announce.ts';
import type { DesignDatabase, Tx } from '../database.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { jobIdFor } from '../modules/job/job-identity.ts';
import {
  deleteGrant,
  findEarlierResult,
  insertPhaseResult,
  listPhaseResults,
  lockClaim,
  parkJob,
  type ClaimedJob,
  type PhaseResults,
} from '../modules/job/job-store.ts';
import type { DesignEvent } from '../modules/progress/design-event.ts';
import { lockSession, recordEvent } from '../modules/progress/event-store.ts';
import { nextPhase, percentAfter } from '../modules/progress/phase-percent.ts';
import {
  recordChange,
  type RecordedSessionChange,
  type SessionEventType,
} from '../modules/session/record-change.ts';
import type { Found } from '../engine/engine.ts';
import type { ProcessModel } from '../modules/process-model/process-model.ts';
import { findProcessModels } from '../modules/process-model/process-model-store.ts';
import type { Proposal } from '../modules/proposal/proposal.ts';
import {
  findProposalBefore,
  findRevision,
  insertRevision,
  updateRevision,
} from '../modules/revision/revision-store.ts';
import type { DesignRevision } from '../modules/revision/revision.ts';
import type { DesignFailure, DesignPhase, DesignSession } from '../modules/session/session.ts';
import type { Evidence, FoundAllTheSame, PhaseOutcome } from './phase.ts';

/** The job is no longer this worker's: taken over, or ended by a person. */
export class JobLost extends Error {
  override readonly name = 'JobLost';
}

export interface JobStart {
  readonly session: DesignSession;
  readonly revision: DesignRevision;
  readonly processModel: ProcessModel | null;
  /** What an earlier revision proposed. */
  readonly previous: Proposal | null;
  /** What CONTEXT found for an earlier revision. */
  readonly earlierContext: unknown;
  readonly results: PhaseResults;
  readonly evidence: Evidence | null;
  /** Workers that were lost with this job since it was last queued. */
  readonly takeovers: number;
}

export interface JobRecordOptions {
  readonly database: DesignDatabase;
  readonly announce: Announcer;
  readonly clock: Clock;
}

interface Write {
  readonly tx: Tx;
  readonly session: DesignSession;
  readonly now: Date;
}

type NewEvent = Pick<DesignEvent, 'phase' | 'state' | 'percent' | 'message'> &
  Partial<Pick<DesignEvent, 'found'>>;

/** What a worker says while a phase is at work. */
export interface PartialResult {
  readonly phase: DesignPhase;
  readonly message: string;
  readonly percent: number;
  readonly found: readonly Found[];
}

interface JobEnding<Type extends SessionEventType> extends Pick<
  RecordedSessionChange<Type>,
  'type' | 'toData'
> {
  readonly jobState: 'WAITING' | 'ENDED';
  readonly event: (session: DesignSession) => NewEvent;
  readonly outcome?: FoundAllTheSame;
}

export class JobRecord {
  readonly #options: JobRecordOptions;
  readonly #job: ClaimedJob;
  readonly #sessionId: string;

  constructor(options: JobRecordOptions, job: ClaimedJob, sessionId: string) {
    this.#options = options;
    this.#job = job;
    this.#sessionId = sessionId;
  }

  /** Says that a worker works on it, and gives what is there already. @throws JobLost, as every method. */
  async begin(): Promise<JobStart> {
    const { tenantId } = this.#job;
    const sessionId = this.#sessionId;
    return this.#write(async ({ tx, session }) => {
      const results = await listPhaseResults(tx, tenantId, session);
      const stored = await this.#readRevision(tx, session);
      const job = await tx.designJob.findUniqueOrThrow({
        where: { tenantId_sessionId: { tenantId, sessionId } },
      });
      const grant = await tx.jobGrant.findUnique({ where: { tenantId_sessionId: { tenantId, sessionId } } });
      const next = nextPhase(new Set(results.keys()));
      const message = session.state === 'RUNNING' ? 'Another worker took over.' : 'A worker took the job.';
      const started = await this.#record({ tx, session }, { ...next, state: 'RUNNING', message });
      return {
        ...stored,
        session: started,
        results,
        evidence: grant,
        takeovers: job.takeovers,
      };
    });
  }

  async #readRevision(
    tx: Tx,
    session: DesignSession,
  ): Promise<Pick<JobStart, 'revision' | 'processModel' | 'previous' | 'earlierContext'>> {
    const { tenantId } = this.#job;
    const key = { tenantId, sessionId: session.id, number: session.revision };
    const revision = (await findRevision(tx, key)) ?? (await this.#insertFirstRevision(tx, session));
    const models = await findProcessModels(tx, tenantId, [session.id]);
    const earlier = await findProposalBefore(tx, key);
    return {
      revision,
      processModel: models.get(session.id) ?? null,
      previous: earlier?.proposal ?? null,
      earlierContext: await findEarlierResult(tx, key, 'CONTEXT'),
    };
  }

  /** A service of an earlier version, which knew of no revisions, may have started the session while others were replaced. */
  async #insertFirstRevision(tx: Tx, session: DesignSession): Promise<DesignRevision> {
    const { tenantId } = this.#job;
    const key = { tenantId, sessionId: session.id, number: session.revision };
    const { createdByUserId: userId, createdAt: now, processRevision } = session;
    const kind = userId === null ? 'SERVICE_ACCOUNT' : 'USER';
    const author = { kind, id: userId ?? session.id, name: 'unknown', userId } as const;
    await insertRevision(tx, { ...key, kind: 'INITIAL', message: null, author, processRevision, now });
    const revision = await findRevision(tx, key);
    invariant(revision !== null, 'a session has the revision that is worked on');
    return revision;
  }

  /** Says what was recognised so far; the phase is still at work. */
  async reportFound({ phase, message, percent, found }: PartialResult): Promise<void> {
    await this.#write(async ({ tx, session }) => {
      const event = { phase, state: 'RUNNING', message, found } as const;
      await this.#record({ tx, session }, { ...event, percent: Math.max(percent, session.percent) });
    });
  }

  async finishPhase(phase: DesignPhase, outcome: PhaseOutcome): Promise<DesignSession> {
    const { tenantId, attempt } = this.#job;
    return this.#write(async ({ tx, session, now }) => {
      const { id: sessionId, revision } = session;
      const { result } = outcome;
      await insertPhaseResult(tx, { tenantId, sessionId, revision, phase, attempt, result, now });
      await this.#keep({ tx, session, now }, outcome);
      const event = {
        phase,
        state: 'RUNNING',
        percent: percentAfter(phase),
        message: outcome.message,
      } as const;
      return this.#record({ tx, session }, event, outcome.patch);
    });
  }

  /** Stops until a person has looked at the process model. */
  async awaitReview(): Promise<void> {
    await this.#end({
      type: 'design_session.review_requested',
      jobState: 'WAITING',
      event: () => ({
        phase: 'ANALYSIS',
        state: 'AWAITING_REVIEW',
        percent: percentAfter('ANALYSIS'),
        message: 'The process model waits for approval.',
      }),
      toData: (session) => ({ session }),
    });
  }

  async succeed(message: string): Promise<void> {
    const finishedAt = this.#options.clock.now();
    await this.#end({
      type: 'design_session.succeeded',
      jobState: 'ENDED',
      event: () => ({ phase: 'DONE', state: 'SUCCEEDED', percent: 100, message }),
      toData: (session) => ({ session }),
      outcome: { revisionPatch: { finishedAt } },
    });
  }

  /** Ends the job; what the phase found all the same is kept. */
  async fail(failure: DesignFailure, outcome: FoundAllTheSame = {}): Promise<void> {
    const { phase, code, message, retryable } = failure;
    await this.#end({
      type: 'design_session.failed',
      jobState: 'ENDED',
      event: ({ percent }) => ({ phase, state: 'FAILED', percent, message }),
      toData: (session) => ({ session, failure }),
      outcome: {
        ...outcome,
        patch: {
          ...outcome.patch,
          failurePhase: phase,
          failureCode: code,
          failureMessage: message,
          failureRetryable: retryable,
        },
      },
    });
  }

  async #end<Type extends SessionEventType>(end: JobEnding<Type>): Promise<void> {
    const { tenantId } = this.#job;
    const key = { tenantId, sessionId: this.#sessionId };
    const { type, jobState, event, toData, outcome = {} } = end;
    await this.#write(async ({ tx, session, now }) => {
      await this.#keep({ tx, session, now }, outcome);
      await parkJob(tx, key, jobState);
      const grant = await tx.jobGrant.findUnique({ where: { tenantId_sessionId: key } });
      await deleteGrant(tx, key);
      const ended = await this.#record({ tx, session }, event(session), outcome.patch);
      const viewer = { tenantId, actor: jobActor(session, grant) };
      const by = { viewer, requestId: null, clock: this.#options.clock };
      await recordChange(tx, by, { type, session: ended, toData });
    });
  }

  async #keep({ tx, session, now }: Write, { store, revisionPatch }: FoundAllTheSame): Promise<void> {
    const { tenantId } = this.#job;
    await store?.(tx, tenantId, now);
    if (revisionPatch === undefined) return;
    await updateRevision(tx, { tenantId, sessionId: session.id, number: session.revision }, revisionPatch);
  }

  async #write<Result>(work: (write: Write) => Promise<Result>): Promise<Result> {
    const { database, announce, clock } = this.#options;
    const { tenantId } = this.#job;
    const result = await database.inTenant(tenantId, async (tx) => {
      // The session first, as everyone who changes one does; so two of them cannot wait for each other.
      const session = await lockSession(tx, tenantId, this.#sessionId);
      invariant(session !== null, 'a job belongs to a session');
      if (!(await lockClaim(tx, this.#job))) throw new JobLost('The job is no longer this claim.');
      return work({ tx, session, now: clock.now() });
    });
    announce.progress(this.#sessionId);
    return result;
  }

  #record(
    { tx, session }: Pick<Write, 'tx' | 'session'>,
    event: NewEvent,
    patch: Prisma.DesignSessionUncheckedUpdateInput = {},
  ): Promise<DesignSession> {
    const { tenantId, attempt } = this.#job;
    const at = this.#options.clock.now();
    return recordEvent(tx, { tenantId, session, event: { ...event, attempt, at }, patch });
  }
}

/** The job as auth and the agents subgraph know it: the session, for whoever asked last. */
function jobActor(
  session: DesignSession,
  grant: { readonly actorId: string; readonly actorUserId: string | null } | null,
): Actor {
  return {
    kind: 'DESIGN_JOB',
    id: grant === null ? session.id : jobIdFor(session, grant.actorId),
    name: session.title,
    userId: grant?.actorUserId ?? null,
  };
}
