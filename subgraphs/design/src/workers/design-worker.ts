/** Claims design jobs and works on several at once. Further workers may run beside it, here and elsewhere. */
import type { PubSub } from '@flowgrid/shared-state';
import type { Clock, Logger } from '@flowgrid/platform';
import { subscribeInBackground, type Announcer } from '../announce.ts';
import type { DesignDatabase } from '../database.ts';
import { claimJob, releaseJob, type ClaimedJob } from '../modules/job/job-store.ts';
import { JobRecord } from './job-record.ts';
import { keepLease, type Lease } from './lease.ts';
import type { PhaseTools } from './phase.ts';
import { runDesignJob, type JobEnd } from './run-design-job.ts';
import { createWakeUp } from './wake-up.ts';

export interface DesignWorkerOptions {
  readonly database: DesignDatabase;
  readonly pubsub: PubSub;
  readonly announce: Announcer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tools: PhaseTools;
  readonly concurrency: number;
  readonly leaseSeconds: number;
  /** How long a job waits when its announcement was lost. */
  readonly pollMs?: number;
}

const POLL_MS = 2_000;

/** Starts to work. Disposing of it stops claiming, gives unfinished jobs back and waits until that is done. */
export function startDesignWorker(options: DesignWorkerOptions): AsyncDisposable {
  const worker = new DesignWorker(options);
  worker.start();
  return worker;
}

class DesignWorker implements AsyncDisposable {
  readonly #options: DesignWorkerOptions;
  readonly #stopping = new AbortController();
  readonly #wakeUp = createWakeUp();
  readonly #running = new Map<ClaimedJob, { readonly lease: Lease; readonly done: Promise<void> }>();
  #loop: Promise<void> = Promise.resolve();
  #unsubscribe: () => void = () => undefined;

  constructor(options: DesignWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    const { pubsub, logger } = this.#options;
    this.#unsubscribe = subscribeInBackground(pubsub, 'design-jobs', {
      onMessage: (jobId) => this.#notice(jobId),
      onGap: () => this.#wakeUp.wake(),
      onError: (error) => logger.warn({ err: error }, 'jobs are not announced; they are polled'),
    });
    this.#loop = this.#claimUntilStopped();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort(new Error('The worker is stopping.'));
    this.#wakeUp.wake();
    await this.#loop;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** An announcement about a job that is worked on here means that someone ended it. */
  #notice(jobId: string): void {
    for (const [job, { lease }] of this.#running) if (job.id === jobId) lease.check();
    this.#wakeUp.wake();
  }

  async #claimUntilStopped(): Promise<void> {
    const { concurrency, pollMs = POLL_MS } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const job = this.#running.size < concurrency ? await this.#claim() : null;
      if (job) await this.#take(job);
      // Several workers that were woken at once do not poll in step for ever.
      else await this.#wakeUp.wait(pollMs * (0.75 + Math.random() / 2));
    }
  }

  async #claim(): Promise<ClaimedJob | null> {
    try {
      return await claimJob(this.#options.database, this.#options.leaseSeconds);
    } catch (error) {
      // The next poll tries again; meanwhile readiness tells that the database is away.
      this.#options.logger.warn({ err: error }, 'no job could be claimed');
      return null;
    }
  }

  async #take(job: ClaimedJob): Promise<void> {
    const lease = keepLease(this.#options, job);
    const done = this.#work(job, lease).finally(() => {
      lease[Symbol.dispose]();
      this.#running.delete(job);
      this.#wakeUp.wake();
    });
    this.#running.set(job, { lease, done });
  }

  /** Never rejects. */
  async #work(job: ClaimedJob, lease: Lease): Promise<void> {
    const { database, tools } = this.#options;
    const logger = this.#options.logger.child({ jobId: job.id, attempt: job.attempt });
    try {
      const { sessionId } = await database.readInTenant(job.tenantId, (tx) =>
        tx.designJob.findUniqueOrThrow({
          where: { tenantId_id: { tenantId: job.tenantId, id: job.id } },
          select: { sessionId: true },
        }),
      );
      const record = new JobRecord(this.#options, job, sessionId);
      const signal = AbortSignal.any([this.#stopping.signal, lease.lost]);
      const end = await runDesignJob({ job, record, tools, logger, signal });
      await this.#settle(job, end);
    } catch (error) {
      // Whatever it was, the lease ends and another claim goes on.
      logger.error({ err: error }, 'the job was left');
    }
  }

  async #settle(job: ClaimedJob, end: JobEnd): Promise<void> {
    if (end !== 'GIVE_BACK') return;
    const { database, announce } = this.#options;
    const isReleased = await database.inTenant(job.tenantId, (tx) => releaseJob(tx, job));
    if (isReleased) announce.job(job.id);
  }
}
