/** Sends a message for each job that waits, so that workers, and what scales them, hear of it wherever they run. */
import type { Transport } from '@flowgrid/messaging';
import { FlowgridError, startWokenLoop, type Logger } from '@flowgrid/platform';
import { subscribeInBackground, type PubSub } from '@flowgrid/shared-state';
import type { DesignDatabase } from '../../database.ts';
import { toMessage } from './job-message.ts';
import { listUnsentJobs, markSent } from './job-store.ts';

export interface JobSenderOptions {
  readonly database: Pick<DesignDatabase, 'withoutTenant' | 'inTenant'>;
  readonly transport: Pick<Transport, 'send'>;
  readonly pubsub: PubSub;
  readonly logger: Logger;
  /** How often it looks when nothing was announced: for jobs whose announcement or whose worker was lost. */
  readonly pollMs?: number;
}

const POLL_MS = 5_000;
const BATCH_JOBS = 100;

/**
 * Starts to send. Several replicas may do it at once: their messages have the same ids, and one too many finds nothing to
 * do. Disposing waits for the batch under way.
 */
export function startJobSender(options: JobSenderOptions): AsyncDisposable {
  const { pubsub, logger, pollMs = POLL_MS } = options;
  const loop = startWokenLoop({
    work: async () => (await sendBatch(options)) === BATCH_JOBS,
    // The jobs stay unsent, and workers that run find them by themselves.
    onFailure: (error) => logger.warn({ err: error }, 'messages about jobs cannot be sent'),
    pollMs,
  });
  const stopListening = subscribeInBackground(pubsub, 'design-jobs', {
    onMessage: () => loop.wake(),
    onGap: () => loop.wake(),
    onError: (error) => logger.warn({ err: error }, 'jobs are not announced; they are polled'),
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stopListening();
      await loop[Symbol.asyncDispose]();
    },
  };
}

/**
 * Gives how many messages it has sent.
 * @throws FlowgridError `RATE_LIMITED` for a tenant that has too much under way, once the jobs of all others are marked as sent.
 */
async function sendBatch({ database, transport }: JobSenderOptions): Promise<number> {
  const jobs = await listUnsentJobs(database, BATCH_JOBS);
  if (jobs.length === 0) return 0;
  await transport.send('design-jobs', jobs.map(toMessage));
  const refusals: FlowgridError[] = [];
  for (const [tenantId, ofTenant] of Map.groupBy(jobs, (job) => job.tenantId)) {
    try {
      await database.inTenant(tenantId, (tx) => markSent(tx, tenantId, ofTenant));
    } catch (error) {
      if (!(error instanceof FlowgridError) || error.code !== 'RATE_LIMITED') throw error;
      refusals.push(error);
    }
  }
  const [refusal] = refusals;
  if (refusal) throw refusal;
  return jobs.length;
}
