/** The queue of design jobs. A claim gives an attempt number, and only its holder may write for the job. */
import { z } from 'zod';
import type { DesignDatabase, Tx } from '../../database.ts';
import { toJson } from '../../json.ts';
import type { DesignPhase } from '../session/session.ts';
import { toPhase } from '../session/session-rows.ts';

/** A claimed job: what its worker must show with every write. */
export interface ClaimedJob {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
}

const claimSchema = z.array(z.object({ tenant_id: z.uuid(), id: z.uuid(), attempt: z.number() }));

/** Takes the job that waits longest, or one whose worker stopped renewing its lease. */
export async function claimJob(database: DesignDatabase, leaseSeconds: number): Promise<ClaimedJob | null> {
  const rows = await database.withoutTenant(
    (client) =>
      client.$queryRaw`SELECT tenant_id, id, attempt FROM claim_design_job(${leaseSeconds}::integer)`,
  );
  const [row] = claimSchema.parse(rows);
  return row === undefined ? null : { tenantId: row.tenant_id, id: row.id, attempt: row.attempt };
}

/** True when the job waits for a worker. */
export async function isReady(
  database: DesignDatabase,
  { tenantId, id }: Pick<ClaimedJob, 'tenantId' | 'id'>,
): Promise<boolean> {
  const job = await database.readInTenant(tenantId, (tx) =>
    tx.designJob.findUnique({ where: { tenantId_id: { tenantId, id } }, select: { state: true } }),
  );
  return job?.state === 'READY';
}

/** Moves the end of the lease; false when the job is no longer this claim's. */
export async function renewLease(tx: Tx, job: ClaimedJob, leaseSeconds: number): Promise<boolean> {
  const renewed = await tx.$executeRaw`
    UPDATE design_job SET lease_expires_at = now() + make_interval(secs => ${leaseSeconds}::integer)
    WHERE tenant_id = ${job.tenantId}::uuid AND id = ${job.id}::uuid AND attempt = ${job.attempt} AND state = 'RUNNING'`;
  return renewed === 1;
}

/** Gives the job back, to be claimed by another worker at once; without effect when it is no longer this claim's. */
export async function releaseJob(tx: Tx, job: ClaimedJob): Promise<boolean> {
  const released = await tx.designJob.updateMany({
    where: { ...job, state: 'RUNNING' },
    data: { state: 'READY', leaseExpiresAt: null, messageAttempt: null },
  });
  return released.count === 1;
}

/** Locks the job until the transaction ends, so that no other claim comes between; false when it is no longer this claim's. */
export async function lockClaim(tx: Tx, job: ClaimedJob): Promise<boolean> {
  const rows = await tx.$queryRaw<readonly unknown[]>`
    SELECT id FROM design_job
    WHERE tenant_id = ${job.tenantId}::uuid AND id = ${job.id}::uuid AND attempt = ${job.attempt} AND state = 'RUNNING'
    FOR UPDATE`;
  return rows.length === 1;
}

/** Leaves the queue: ended, or waiting for a person. */
export async function parkJob(
  tx: Tx,
  where: { tenantId: string; sessionId: string },
  state: 'WAITING' | 'ENDED',
): Promise<string> {
  const job = await tx.designJob.update({
    where: { tenantId_sessionId: where },
    data: { state, leaseExpiresAt: null },
    select: { id: true },
  });
  return job.id;
}

/**
 * Puts a new job into the queue. The queue's times are the database's own: by a clock that runs ahead of it, a job would not
 * yet be there when it is announced.
 */
export async function enqueueJob(
  tx: Tx,
  job: { readonly tenantId: string; readonly id: string; readonly sessionId: string },
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO design_job (tenant_id, id, session_id, state, attempt, takeovers, run_after, created_at)
    VALUES (${job.tenantId}::uuid, ${job.id}::uuid, ${job.sessionId}::uuid, 'READY', 0, 0, now(), now())`;
}

/** A claimable job about which no message was sent. */
export interface UnsentJob extends ClaimedJob {
  /** With the attempt, tells this queueing from every other of the job. */
  readonly queuedAt: string;
}

const unsentSchema = z.array(
  z
    .object({ tenant_id: z.uuid(), id: z.uuid(), attempt: z.number(), queued_at: z.string() })
    .transform((row): UnsentJob => {
      const { tenant_id: tenantId, id, attempt, queued_at: queuedAt } = row;
      return { tenantId, id, attempt, queuedAt };
    }),
);

/** The jobs that wait longest first. */
export async function listUnsentJobs(
  database: Pick<DesignDatabase, 'withoutTenant'>,
  limit: number,
): Promise<readonly UnsentJob[]> {
  const rows = await database.withoutTenant(
    (client) =>
      client.$queryRaw`SELECT tenant_id, id, attempt, queued_at FROM list_unsent_design_jobs(${limit}::integer)`,
  );
  return unsentSchema.parse(rows);
}

/** Remembers that messages were sent; a job of the tenant that was claimed or queued again meanwhile needs another one. */
export async function markSent(tx: Tx, tenantId: string, jobs: readonly UnsentJob[]): Promise<void> {
  const sent = JSON.stringify(
    jobs.map(({ id, attempt, queuedAt }) => ({ id, attempt, queued_at: queuedAt })),
  );
  await tx.$executeRaw`
    UPDATE design_job AS job SET message_attempt = sent.attempt
    FROM json_to_recordset(${sent}::json) AS sent (id uuid, attempt integer, queued_at timestamptz)
    WHERE job.tenant_id = ${tenantId}::uuid AND job.id = sent.id AND job.attempt = sent.attempt
      AND job.run_after = sent.queued_at`;
}

const requeuedSchema = z.tuple([z.object({ id: z.uuid(), attempt: z.number() })]);

/** Puts the job back into the queue as if no worker had been lost. */
export async function requeueJob(
  tx: Tx,
  { tenantId, sessionId }: { readonly tenantId: string; readonly sessionId: string },
): Promise<{ readonly id: string; readonly attempt: number }> {
  const rows = await tx.$queryRaw`
    UPDATE design_job SET state = 'READY', lease_expires_at = NULL, takeovers = 0, run_after = now(), message_attempt = NULL
    WHERE tenant_id = ${tenantId}::uuid AND session_id = ${sessionId}::uuid
    RETURNING id, attempt`;
  const [job] = requeuedSchema.parse(rows);
  return job;
}

/** Keeps the evidence of who asked last; the earlier one is of no more use. */
export async function replaceGrant(
  tx: Tx,
  grant: {
    tenantId: string;
    sessionId: string;
    actorId: string;
    actorUserId: string | null;
    contextToken: string;
    createdAt: Date;
  },
): Promise<void> {
  await deleteGrant(tx, { tenantId: grant.tenantId, sessionId: grant.sessionId });
  await tx.jobGrant.createMany({ data: [grant] });
}

/** Evidence is kept only while there is work to do. */
export async function deleteGrant(
  tx: Tx,
  { tenantId, sessionId }: { tenantId: string; sessionId: string },
): Promise<void> {
  await tx.jobGrant.deleteMany({ where: { tenantId, sessionId } });
}

export type PhaseResults = ReadonlyMap<DesignPhase, unknown>;

/** Results of the finished phases of a design revision, as they were stored. */
export async function listPhaseResults(
  tx: Tx,
  tenantId: string,
  { id: sessionId, revision }: { readonly id: string; readonly revision: number },
): Promise<PhaseResults> {
  const rows = await tx.designPhaseResult.findMany({ where: { tenantId, sessionId, revision } });
  return new Map(rows.map((row) => [toPhase(row.phase), row.result]));
}

export interface PhaseResultToStore {
  readonly tenantId: string;
  readonly sessionId: string;
  /** The design revision. */
  readonly revision: number;
  readonly phase: DesignPhase;
  readonly attempt: number;
  readonly result: object;
  readonly now: Date;
}

/** A phase is done: it is not worked on again for this revision. */
export async function insertPhaseResult(tx: Tx, { result, now, ...row }: PhaseResultToStore): Promise<void> {
  await tx.designPhaseResult.createMany({ data: [{ ...row, result: toJson(result), finishedAt: now }] });
}

/** What a phase found for the newest revision before this one in which it finished; null where there is none. */
export async function findEarlierResult(
  tx: Tx,
  key: { readonly tenantId: string; readonly sessionId: string; readonly number: number },
  phase: DesignPhase,
): Promise<unknown> {
  const { tenantId, sessionId, number } = key;
  const row = await tx.designPhaseResult.findFirst({
    where: { tenantId, sessionId, phase, revision: { lt: number } },
    orderBy: { revision: 'desc' },
  });
  return row?.result ?? null;
}

/** Jobs that wait for a worker or have one. */
export function countUnfinishedJobs(tx: Tx, tenantId: string): Promise<number> {
  return tx.designJob.count({ where: { tenantId, state: { in: ['READY', 'RUNNING'] } } });
}
