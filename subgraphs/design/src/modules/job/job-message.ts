/** What a message in the queue `design-jobs` says: which job waits, and nothing of its content. */
import { z } from 'zod';
import { DeadLetterError, type Message } from '@flowgrid/messaging';
import type { ClaimedJob, UnsentJob } from './job-store.ts';

const bodySchema = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // What it says instead does not matter: nobody can tell which job is meant.
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ jobId: z.uuid() }));

/** The id is that of one queueing of the job: the same message may be sent twice. */
export function toMessage({ tenantId, id, attempt, queuedAt }: UnsentJob): Message {
  return {
    id: `${id}/${attempt}/${queuedAt}`,
    tenantId,
    type: 'design-job',
    orderKey: null,
    body: JSON.stringify({ jobId: id }),
  };
}

/** @throws DeadLetterError for a message that names no job. */
export function toJobKey({ tenantId, body }: Message): Pick<ClaimedJob, 'tenantId' | 'id'> {
  const parsed = bodySchema.safeParse(body);
  if (parsed.success) return { tenantId, id: parsed.data.jobId };
  throw new DeadLetterError('invalid-data', 'the message names no job', { cause: parsed.error });
}
