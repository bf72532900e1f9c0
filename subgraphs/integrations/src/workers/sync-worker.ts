/**
 * Reads what has changed at connected systems. Further workers may run beside it, here and elsewhere. A message in the queue
 * says which sync is due; whether it still is, and who runs it, the claim decides.
 */
import type { Delivery, Transport } from '@flowgrid/messaging';
import type { Clock, Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../database.ts';
import type { Connections } from '../modules/connection/connections.ts';
import { runSync } from '../modules/sync/run-sync.ts';
import { toDueSync } from '../modules/sync/sync-message.ts';
import { SyncRecord } from '../modules/sync/sync-record.ts';
import { startSyncSender } from '../modules/sync/sync-sender.ts';
import { claimSync, renewClaim } from '../modules/sync/sync-store.ts';
import { SyncLost, type SyncClaim } from '../modules/sync/sync.ts';

export interface SyncWorkerOptions {
  /** Hands on what is written in its transactions: events, and what people watch. */
  readonly database: IntegrationsDatabase;
  readonly transport: Pick<Transport, 'send' | 'receive'>;
  readonly connections: Pick<Connections, 'use'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Syncs at once. */
  readonly concurrency: number;
  /** After how long without a sign of life another worker may go on. */
  readonly leaseSeconds: number;
  readonly pollMs?: number;
}

/** Starts to work. Disposing stops receiving, gives unfinished syncs back and waits until that is done. */
export function startSyncWorker(options: SyncWorkerOptions): AsyncDisposable {
  const { database, transport, logger, concurrency, pollMs } = options;
  const stack = new AsyncDisposableStack();
  const sender = stack.use(
    startSyncSender({ database, transport, logger, ...(pollMs !== undefined && { pollMs }) }),
  );
  stack.use(
    transport.receive(
      { queue: 'integration-syncs' },
      async (delivery) => {
        await answer(options, delivery);
        // Where there is more to do it is due at once.
        sender.wake();
      },
      { concurrency },
    ),
  );
  return stack;
}

/** Holds the message as long as its turn lasts, so that the length of the queue says how much there is to do. */
async function answer(options: SyncWorkerOptions, delivery: Delivery): Promise<void> {
  const { database, connections, clock, leaseSeconds } = options;
  const due = toDueSync(delivery);
  const claimed = await database.inTenant(due.tenantId, (tx) => claimSync(tx, due, leaseSeconds));
  if (claimed === null) return;
  const { claim, sync } = claimed;
  using lease = keepLease(options, claim);
  await runSync({
    tenantId: due.tenantId,
    sync,
    record: new SyncRecord({ database, clock, leaseSeconds }, claim, sync.integrationId),
    connections,
    clock,
    logger: options.logger,
    // A message whose lock was lost is somebody else's; the sync is given back for it.
    signal: AbortSignal.any([delivery.signal, lease.lost]),
  });
}

interface Lease extends Disposable {
  /** Aborts, with `SyncLost`, when the sync is not this claim's any more or may have been taken over. */
  readonly lost: AbortSignal;
}

/** Renews three times per lease: a page may take longer than one. */
function keepLease({ database, leaseSeconds, logger }: SyncWorkerOptions, claim: SyncClaim): Lease {
  const controller = new AbortController();
  let renewedAt = performance.now();
  const renew = async (): Promise<void> => {
    const askedAt = performance.now();
    try {
      if (await database.inTenant(claim.tenantId, (tx) => renewClaim(tx, claim, leaseSeconds))) {
        renewedAt = askedAt;
        return;
      }
      controller.abort(new SyncLost('The sync was stopped or taken over.'));
    } catch (error) {
      // The database may be back before the lease ends.
      logger.warn({ err: error, syncId: claim.id }, 'the lease was not renewed');
      const isOver = performance.now() - renewedAt > leaseSeconds * 1000;
      if (isOver) controller.abort(new SyncLost('The lease ended.'));
    }
  };
  const timer = setInterval(() => void renew(), (leaseSeconds * 1000) / 3);
  return { lost: controller.signal, [Symbol.dispose]: () => clearInterval(timer) };
}
