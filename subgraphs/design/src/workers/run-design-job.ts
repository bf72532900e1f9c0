/** Works on one claimed job: the phases that have not finished, one after another. */
import { FlowgridError, type Logger } from '@flowgrid/platform';
import type { ClaimedJob } from '../modules/job/job-store.ts';
import type { DesignPhase, DesignSession } from '../modules/session/session.ts';
import { JobLost, type JobRecord, type JobStart } from './job-record.ts';
import { reportFound } from './found-reporter.ts';
import { PhaseFailure, type PhaseOutcome, type PhaseTools } from './phase.ts';
import { PHASES } from './phases/index.ts';

/** A job that ends its workers is ended itself. */
const MAX_TAKEOVERS = 5;

export interface JobRun {
  readonly job: ClaimedJob;
  readonly record: JobRecord;
  readonly tools: PhaseTools;
  readonly logger: Logger;
  /** Aborts when the job is lost or the worker stops. */
  readonly signal: AbortSignal;
}

/** What becomes of the claim: nothing is left to do, it is given back, or its lease ends by itself. */
export type JobEnd = 'DONE' | 'LOST' | 'GIVE_BACK' | 'LEFT';

export async function runDesignJob(run: JobRun): Promise<JobEnd> {
  let phase: DesignPhase = 'CONTEXT';
  try {
    const start = await run.record.begin();
    phase = start.session.phase;
    if (start.takeovers > MAX_TAKEOVERS) throw workerLost(start);
    await workThrough(run, start, (next) => {
      phase = next;
    });
    return 'DONE';
  } catch (error) {
    return endAfter(run, error, phase);
  }
}

async function workThrough(
  run: JobRun,
  start: JobStart,
  onPhase: (phase: DesignPhase) => void,
): Promise<void> {
  const { record, signal } = run;
  const results = new Map(start.results);
  let { session, processModel } = start;
  for (const [phase, work] of PHASES) {
    if (phase === 'DESIGN' && waitsForReview(session)) return record.awaitReview();
    if (results.has(phase)) continue;
    onPhase(phase);
    signal.throwIfAborted();
    const outcome = await workOn(run, [phase, work], { ...start, session, processModel, results });
    signal.throwIfAborted();
    session = await record.finishPhase(phase, outcome);
    processModel = outcome.processModel ?? processModel;
    // Later phases see what a later attempt would see.
    results.set(phase, JSON.parse(JSON.stringify(outcome.result)));
  }
  onPhase('DONE');
  await record.succeed(`${nameOf(session)} is designed and waits to be accepted.`);
}

async function workOn(
  { job, record, tools, logger, signal }: JobRun,
  [phase, work]: (typeof PHASES)[number],
  state: JobStart,
): Promise<PhaseOutcome> {
  const { percent } = state.session;
  await using reporter = reportFound({ record, phase, percent, logger });
  return await work({
    ...state,
    tools,
    tenantId: job.tenantId,
    signal: AbortSignal.any([signal, reporter.lost]),
    onFound: reporter.onFound,
  });
}

function nameOf({ proposal, title }: DesignSession): string {
  return `"${proposal?.name ?? title}"`;
}

function waitsForReview(session: DesignSession): boolean {
  return session.reviewProcess && session.reviewedAt === null;
}

async function endAfter(run: JobRun, error: unknown, phase: DesignPhase): Promise<JobEnd> {
  const { record, logger, job } = run;
  const facts = { jobId: job.id, attempt: job.attempt, phase };
  if (error instanceof JobLost) {
    logger.info(facts, 'the job was ended or taken over');
    return 'LOST';
  }
  // The next claim goes on after the phases that are stored.
  if (run.signal.aborted) return 'GIVE_BACK';
  if (isDatabaseAway(error)) {
    logger.warn({ ...facts, err: error }, 'the database is away; the job is left until its lease ends');
    return 'LEFT';
  }
  const failure = toFailure(error);
  logger[failure.code === 'INTERNAL' ? 'error' : 'info']({ ...facts, err: error }, 'the design failed');
  try {
    const { code, message, retryable, outcome } = failure;
    await record.fail({ phase, code, message, retryable }, outcome);
    return 'DONE';
  } catch (cause) {
    if (cause instanceof JobLost) return 'LOST';
    logger.warn({ ...facts, err: cause }, 'the failure was not recorded');
    return 'LEFT';
  }
}

function isDatabaseAway(error: unknown): boolean {
  return error instanceof FlowgridError && error.code === 'SERVICE_UNAVAILABLE';
}

function toFailure(error: unknown): PhaseFailure {
  if (error instanceof PhaseFailure) return error;
  const message = 'Something unexpected happened. Retry the design; if it fails again, tell the operator.';
  return new PhaseFailure({ code: 'INTERNAL', message, retryable: true }, { cause: error });
}

function workerLost({ takeovers }: JobStart): PhaseFailure {
  const message = `${takeovers} workers were lost in this phase. Shorten the description, or retry later.`;
  return new PhaseFailure({ code: 'WORKER_LOST', message, retryable: true });
}
