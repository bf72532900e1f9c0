/** Keeps a claimed job's lease while its worker works, and says when it is lost. */
import type { Logger } from '@flowgrid/platform';
import type { DesignDatabase } from '../database.ts';
import { renewLease, type ClaimedJob } from '../modules/job/job-store.ts';
import { JobLost } from './job-record.ts';

export interface LeaseOptions {
  readonly database: DesignDatabase;
  readonly leaseSeconds: number;
  readonly logger: Logger;
}

export interface Lease extends Disposable {
  /** Aborts, with `JobLost`, when the job is not this claim's any more or may have been taken over. */
  readonly lost: AbortSignal;
  /** Looks at once, for a job that may have been ended. */
  check(): void;
}

/** Renews three times per lease. The caller disposes of it. */
export function keepLease(options: LeaseOptions, job: ClaimedJob): Lease {
  const { database, leaseSeconds, logger } = options;
  const controller = new AbortController();
  let renewedAt = performance.now();
  const renew = async (): Promise<void> => {
    const askedAt = performance.now();
    try {
      if (await database.inTenant(job.tenantId, (tx) => renewLease(tx, job, leaseSeconds))) {
        renewedAt = askedAt;
        return;
      }
      controller.abort(new JobLost('The job was ended or taken over.'));
    } catch (error) {
      // The database may be back before the lease ends.
      logger.warn({ err: error, jobId: job.id }, 'the lease was not renewed');
      const isOver = performance.now() - renewedAt > leaseSeconds * 1000;
      if (isOver) controller.abort(new JobLost('The lease ended.'));
    }
  };
  const timer = setInterval(() => void renew(), (leaseSeconds * 1000) / 3);
  return {
    lost: controller.signal,
    check: () => void renew(),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
