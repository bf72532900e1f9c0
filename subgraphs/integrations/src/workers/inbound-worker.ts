/** Works on what hooks received, renews their registrations, has sent again what did not arrive, and forgets what is old. */
import type { Transport } from '@flowgrid/messaging';
import { FlowgridError, purgePages, repeatHourly, type Clock, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../database.ts';
import { purgeDeletedItems } from '../modules/external-item/external-item-store.ts';
import {
  claimDeliveries,
  postponeDelivery,
  purgeDeliveries,
  type ClaimedDelivery,
} from '../modules/inbound-hook/delivery-store.ts';
import type { RedeliveryService } from '../modules/inbound-hook/redelivery-service.ts';
import type { RegistrationRenewals } from '../modules/inbound-hook/registration-renewals.ts';
import { ClaimLoop } from './claim-loop.ts';
import { workOnDelivery } from './inbound-work.ts';

export interface InboundWorkerOptions {
  /** The one that hands on what is written in its transactions. */
  readonly database: IntegrationsDatabase;
  readonly transport: Pick<Transport, 'receive'>;
  readonly renewals: Pick<RegistrationRenewals, 'renewDue'>;
  readonly redeliveries: Pick<RedeliveryService, 'redeliverDue'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly concurrency?: number;
  readonly leaseSeconds?: number;
  /** How long a message waits when the word of it was lost. */
  readonly pollMs?: number;
}

const CONCURRENCY = 4;
/** Longer than a transaction may last. */
const LEASE_SECONDS = 30;
const POLL_MS = 2_000;
const FIRST_RETRY_SECONDS = 5;
const KEPT_DAYS = 30;

/** Starts to work. Disposing of it stops claiming and waits for the work under way. */
export function startInboundWorker(options: InboundWorkerOptions): AsyncDisposable {
  const { database, transport, logger, concurrency = CONCURRENCY } = options;
  const stack = new AsyncDisposableStack();
  const loop = stack.use(
    new ClaimLoop<ClaimedDelivery>({
      claim: (count) => claimDeliveries(database, options.leaseSeconds ?? LEASE_SECONDS, count),
      work: (claim) => work(options, claim),
      concurrency,
      pollMs: options.pollMs ?? POLL_MS,
      what: 'a message of a hook',
      logger,
    }),
  );
  stack.use(transport.receive({ queue: 'inbound-deliveries' }, async () => loop.wake(), { concurrency: 1 }));
  stack.use(
    repeatHourly({
      work: () => options.renewals.renewDue(),
      failure: 'registrations could not be renewed',
      logger,
    }),
  );
  stack.use(
    repeatHourly({
      work: () => options.redeliveries.redeliverDue(),
      failure: 'what did not arrive at hooks could not be asked for',
      logger,
    }),
  );
  stack.use(
    repeatHourly({
      work: () => purgeOld(database),
      failure: 'old messages of hooks and deleted items could not be purged',
      logger,
    }),
  );
  return stack;
}

async function work(options: InboundWorkerOptions, claim: ClaimedDelivery): Promise<void> {
  const { database, logger } = options;
  try {
    await workOnDelivery(options, claim);
  } catch (error) {
    // The lease brings it back: a database that is away says nothing about the message.
    if (error instanceof FlowgridError && error.code === 'SERVICE_UNAVAILABLE') throw error;
    // The error may quote the message, which is nobody's to read.
    const kind = error instanceof Error ? error.name : 'unknown';
    logger.error({ deliveryId: claim.id, attempt: claim.attempt, kind }, 'a message of a hook failed');
    const seconds = FIRST_RETRY_SECONDS * 2 ** Math.min(claim.attempt, 8);
    const note = 'Working on it failed for a reason of ours.';
    await database.inTenant(claim.tenantId, (tx) =>
      postponeDelivery(tx, claim, { seconds, note, isCounted: true }),
    );
  }
}

async function purgeOld(database: IntegrationsDatabase): Promise<void> {
  for (const purge of [purgeDeliveries, purgeDeletedItems]) {
    await purgePages((count) => purge(database, KEPT_DAYS, count));
  }
}
