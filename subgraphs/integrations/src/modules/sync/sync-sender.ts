/** Sends a message for each sync that is due: at its interval, when somebody asks for it, and when its worker was lost. */
import { z } from 'zod';
import type { Transport } from '@flowgrid/messaging';
import { WakeUp, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';
import { toMessage, type DueSync } from './sync-message.ts';

export interface SyncSenderOptions {
  readonly database: Pick<IntegrationsDatabase, 'withoutTenant'>;
  readonly transport: Pick<Transport, 'send'>;
  readonly logger: Logger;
  readonly pollMs?: number;
}

export interface SyncSender extends AsyncDisposable {
  /** Looks at once. */
  wake(): void;
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
export function startSyncSender(options: SyncSenderOptions): SyncSender {
  const wakeUp = new WakeUp();
  const stopping = new AbortController();
  const loop = sendUntilStopped(options, wakeUp, stopping.signal);
  return {
    wake: () => wakeUp.wake(),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      wakeUp.wake();
      await loop;
    },
  };
}

async function sendUntilStopped(
  options: SyncSenderOptions,
  wakeUp: WakeUp,
  stopping: AbortSignal,
): Promise<void> {
  const { logger, pollMs = POLL_MS } = options;
  while (!stopping.aborted) {
    let isMore = false;
    try {
      isMore = (await sendBatch(options)) === BATCH;
    } catch (error) {
      // What was taken and not sent is taken again when it counts as lost.
      logger.warn({ err: error }, 'messages about syncs cannot be sent');
    }
    // Several workers that started together do not look in step for ever.
    if (!isMore) await wakeUp.wait(pollMs * (0.75 + Math.random() / 2));
  }
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
