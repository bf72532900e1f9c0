/** What a message in the queue `integration-syncs` says: which sync is due, and nothing of its content. */
import { z } from 'zod';
import { DeadLetterError, type Message } from '@flowgrid/messaging';
import { newId } from '@flowgrid/platform';

export interface DueSync {
  readonly tenantId: string;
  readonly id: string;
}

const bodySchema = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // What it says instead does not matter: nobody can tell which sync is meant.
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ syncId: z.uuid() }));

/** One too many finds nothing to do. */
export function toMessage({ tenantId, id }: DueSync): Message {
  return {
    id: newId(),
    tenantId,
    type: 'integration-sync',
    orderKey: null,
    body: JSON.stringify({ syncId: id }),
  };
}

/** @throws DeadLetterError for a message that names no sync. */
export function toDueSync({ tenantId, body }: Message): DueSync {
  const parsed = bodySchema.safeParse(body);
  if (parsed.success) return { tenantId, id: parsed.data.syncId };
  throw new DeadLetterError('invalid-data', 'the message names no sync', { cause: parsed.error });
}
