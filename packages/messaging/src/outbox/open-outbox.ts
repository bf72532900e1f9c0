/** The outbox of a service: what replicas and workers of one service do so that its events leave at once. */
import type { Logger, Registry } from '@flowgrid/platform';
import type { Transport } from '../transport/transport.ts';
import type { TenantDatabase, TenantTransactions } from './outbox-database.ts';
import { registerOutboxMetrics } from './outbox-metrics.ts';
import { startOutboxRelay } from './relay.ts';
import { withOutbox } from './write-events.ts';

/** The part of pub/sub that this needs; messages are names of services. */
export interface OutboxAnnouncements {
  publish(channel: 'outbox', service: string): Promise<void>;
  subscribe(
    channel: 'outbox',
    subscriber: { readonly onMessage: (service: string) => void; readonly onGap?: () => void },
  ): Promise<unknown>;
}

export interface OutboxAnnouncerOptions {
  /** Whose outbox it is: `agents`. */
  readonly service: string;
  readonly announcements: OutboxAnnouncements;
  readonly logger: Logger;
}

/**
 * For a process that writes events and leaves handing them over to others: call it after a commit. However often it is called
 * while an announcement is on its way, one more follows. It never throws: what nobody hears, the relay finds by itself.
 */
export function createOutboxAnnouncer({
  service,
  announcements,
  logger,
}: OutboxAnnouncerOptions): () => void {
  let isAnnouncing = false;
  let isWanted = false;
  const publish = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      try {
        await announcements.publish('outbox', service);
      } catch (error) {
        logger.debug({ err: error }, 'events are not announced; they wait for the next look');
      }
    }
    isAnnouncing = false;
  };
  return () => {
    isWanted = true;
    if (isAnnouncing) return;
    isAnnouncing = true;
    void publish();
  };
}

export interface OutboxOptions<Opened> extends OutboxAnnouncerOptions {
  readonly database: Opened;
  readonly transport: Pick<Transport, 'publish'>;
  /** Gets the figures of the outbox. */
  readonly registry: Registry;
}

/** Disposing ends the relay and leaves database and transport to who opened them. */
export interface Outbox<Opened> extends AsyncDisposable {
  /** The database for everything that writes events. */
  readonly database: Opened;
}

/** Starts the relay of a service, and wakes it for the events of this process and of those that announce theirs. */
export function openOutbox<Tx extends object, Opened extends TenantDatabase & TenantTransactions<Tx>>(
  options: OutboxOptions<Opened & TenantTransactions<Tx>>,
): Outbox<Opened> {
  const { service, database, transport, announcements, registry, logger } = options;
  const relay = startOutboxRelay({ database, transport, logger });
  const announce = createOutboxAnnouncer(options);
  registerOutboxMetrics(registry, { database, logger });
  announcements
    .subscribe('outbox', {
      onMessage: (name) => {
        if (name === service) relay.wake();
      },
      onGap: () => relay.wake(),
    })
    .catch((error: unknown) => logger.warn({ err: error }, 'events are not announced; they are polled'));
  return {
    database: withOutbox<Tx, Opened>(database, () => {
      relay.wake();
      // The relay of another replica may be the one that hands over.
      announce();
    }),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}
