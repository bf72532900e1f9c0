/** Sends a message for each sync that is due: at its interval, when somebody asks for it, and when its worker was lost. */
import { z } from 'zod';
import type { Transport } from '@flowgrid/messaging';
import { startWokenLoop, type Logger, type WokenLoop } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';
import { toMessage, type DueSync } from './sync-message.ts';

export interface SyncSenderOptions {
  readonly database: Pick<IntegrationsDatabase, 'withoutTenant'>;
  readonly transport: Pick<Transport, 'send'>;
  readonly logger: Logger;
  readonly pollMs?: number;
}

const POLL_MS = 1_000;
const BATCH = 100;
/** A message that nobody has answered by then is taken for lost. */
const RESEND_SECONDS = 120;

const dueSchema = z.array(
  z
    .object({ tenant_id: z.uuid(), id: z.uuid() })
    .transform((row): DueSync => ({ tenantId: row.tenant_id, id: row.id })),
);

/** Several replicas may do it at once: each due sync is taken by one of them. Disposing waits for the batch under way. */
export function startSyncSender(options: SyncSenderOptions): WokenLoop {
  const { logger, pollMs = POLL_MS } = options;
  return startWokenLoop({
    work: async () => (await sendBatch(options)) === BATCH,
    // What was taken and not sent is taken again when it counts as lost.
    onFailure: (error) => logger.warn({ err: error }, 'messages about syncs cannot be sent'),
    pollMs,
  });
}

async function sendBatch({ database, transport }: SyncSenderOptions): Promise<number> {
  const rows = await database.withoutTenant(
    (client) =>
      client.$queryRaw`SELECT tenant_id, id FROM take_due_integration_syncs(${BATCH}::integer, ${RESEND_SECONDS}::integer)`,
  );
  const due = dueSchema.parse(rows);
  if (due.length > 0) await transport.send('integration-syncs', due.map(toMessage));
  return due.length;
}
