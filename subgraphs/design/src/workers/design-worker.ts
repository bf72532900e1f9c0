/**
 * Works on several design jobs at once. Further workers may run beside it, here and elsewhere. A message in the queue says
 * that there is work; which job it is, the claim decides. Jobs whose message was lost are found by looking at intervals.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery, Transport } from '@flowgrid/messaging';
import { subscribeInBackground, type PubSub } from '@flowgrid/shared-state';
import { WakeUp, type Clock, type Logger } from '@flowgrid/platform';
import type { Announcer } from '../announce.ts';
import type { DesignDatabase } from '../database.ts';
import { toJobKey } from '../modules/job/job-message.ts';
import { claimJob, isReady, releaseJob, type ClaimedJob } from '../modules/job/job-store.ts';
import { JobRecord } from './job-record.ts';
import { keepLease, type Lease } from './lease.ts';
import type { PhaseTools } from './phase.ts';
import { runDesignJob, type JobEnd } from './run-design-job.ts';
import { Slots } from './slots.ts';

export interface DesignWorkerOptions {
  readonly database: DesignDatabase;
  readonly transport: Pick<Transport, 'receive'>;
  readonly pubsub: PubSub;
  readonly announce: Announcer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tools: PhaseTools;
  readonly concurrency: number;
  readonly leaseSeconds: number;
  /** How long a job waits when its message and its announcement were lost. */
  readonly pollMs?: number;
}

const POLL_MS = 2_000;
const LOCKED_MS = 50;

/** Starts to work. Disposing of it stops claiming, gives unfinished jobs back and waits until that is done. */
export function startDesignWorker(options: DesignWorkerOptions): AsyncDisposable {
  const worker = new DesignWorker(options);
  worker.start();
  return worker;
}

class DesignWorker implements AsyncDisposable {
  readonly #options: DesignWorkerOptions;
  readonly #slots: Slots;
  readonly #stopping = new AbortController();
  readonly #wakeUp = new WakeUp();
  readonly #leases = new Map<string, Lease>();
  readonly #running = new Set<Promise<JobEnd>>();
  readonly #closing = new AsyncDisposableStack();

  constructor(options: DesignWorkerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency);
  }

  start(): void {
    const { transport, pubsub, logger, concurrency } = this.#options;
    const stopListening = subscribeInBackground(pubsub, 'design-jobs', {
      onMessage: (jobId) => this.#notice(jobId),
      onGap: () => this.#wakeUp.wake(),
      onError: (error) => logger.warn({ err: error }, 'jobs are not announced; they are polled'),
    });
    const loop = this.#claimUntilStopped();
    this.#closing.defer(async () => {
      await loop;
      await Promise.all(this.#running);
    });
    this.#closing.use(
      transport.receive({ queue: 'design-jobs' }, (delivery) => this.#answer(delivery), { concurrency }),
    );
    this.#closing.defer(stopListening);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('The worker is stopping.'));
    this.#wakeUp.wake();
    await this.#closing.disposeAsync();
  }

  /** An announcement about a job that is worked on here means that someone ended it. */
  #notice(jobId: string): void {
    this.#leases.get(jobId)?.check();
    this.#wakeUp.wake();
  }

  async #claimUntilStopped(): Promise<void> {
    const { pollMs = POLL_MS } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const next = this.#slots.tryTake() ? await this.#startNext() : 'NONE';
      // Several workers that were woken at once do not poll in step for ever.
      if (typeof next === 'string') await this.#wakeUp.wait(pollMs * (0.75 + Math.random() / 2));
    }
  }

  /**
   * Holds the message as long as its work lasts, so that the length of the queue says how much there is to do. When the lock
   * of the message is lost the work goes on all the same: the lease of the job decides who works on it.
   * A message is done with when its job no longer waits, whoever works on it.
   * @throws when the message is for another worker.
   */
  async #answer(delivery: Delivery): Promise<void> {
    const { database, pollMs = POLL_MS } = this.#options;
    const job = toJobKey(delivery);
    const signal = AbortSignal.any([delivery.signal, this.#stopping.signal]);
    for (;;) {
      await this.#slots.take(signal);
      const next = await this.#startNext();
      if (next === 'AWAY') {
        await delay(pollMs, undefined, { signal });
        continue;
      }
      if (next !== 'NONE' && (await next.end) === 'GIVE_BACK') throw new Error('The job was given back.');
      // The claim may have been of another job, whose own message is somebody else's then.
      if (!(await isReady(database, job))) return;
      // A claim passes by what is locked, as a job is for a moment when it is queued or marked as sent.
      if (next === 'NONE') await delay(LOCKED_MS, undefined, { signal });
    }
  }

  /** Claims a job for a slot that was taken, which is free again when there is none, or when the work is over. */
  async #startNext(): Promise<{ readonly end: Promise<JobEnd> } | 'NONE' | 'AWAY'> {
    try {
      const job = await claimJob(this.#options.database, this.#options.leaseSeconds);
      if (job !== null) return { end: this.#take(job) };
      this.#slots.giveBack();
      return 'NONE';
    } catch (error) {
      // Whoever asked tries again; meanwhile readiness tells that the database is away.
      this.#options.logger.warn({ err: error }, 'no job could be claimed');
      this.#slots.giveBack();
      return 'AWAY';
    }
  }

  #take(job: ClaimedJob): Promise<JobEnd> {
    const lease = keepLease(this.#options, job);
    this.#leases.set(job.id, lease);
    const end = this.#work(job, lease).finally(() => {
      lease[Symbol.dispose]();
      // A job that was lost may have been claimed again by this same worker.
      if (this.#leases.get(job.id) === lease) this.#leases.delete(job.id);
      this.#running.delete(end);
      this.#slots.giveBack();
      this.#wakeUp.wake();
    });
    this.#running.add(end);
    return end;
  }

  /** Never rejects. */
  async #work(job: ClaimedJob, lease: Lease): Promise<JobEnd> {
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
      if (end === 'GIVE_BACK') await this.#giveBack(job);
      return end;
    } catch (error) {
      // Whatever it was, the lease ends and another claim goes on.
      logger.error({ err: error }, 'the job was left');
      return 'LEFT';
    }
  }

  async #giveBack(job: ClaimedJob): Promise<void> {
    const { database, announce } = this.#options;
    const isReleased = await database.inTenant(job.tenantId, (tx) => releaseJob(tx, job));
    if (isReleased) announce.job(job.id);
  }
}
