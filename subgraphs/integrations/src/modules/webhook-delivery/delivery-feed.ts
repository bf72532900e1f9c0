/** Follows the deliveries of endpoints: whenever a change is announced, and at intervals in case none was. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, isId, notFound, type Clock, type Logger } from '@flowgrid/platform';
import {
  abortable,
  createKeySignals,
  subscribeInBackground,
  type KeySignal,
  type PubSub,
} from '@flowgrid/shared-state';
import type { IntegrationsDatabase } from '../../database.ts';
import { findEndpoint } from '../webhook-endpoint/webhook-endpoint-store.ts';
import { listChanged } from './webhook-delivery-store.ts';
import type { WebhookDelivery } from './webhook-delivery.ts';

export interface DeliveryFeed extends Disposable {
  /** Deliveries of an endpoint as they change from now on. Stop it with the iterator's `return`. */
  follow(request: ServiceRequest, endpointId: string): Promise<AsyncIterableIterator<WebhookDelivery>>;
}

export interface DeliveryFeedOptions {
  readonly database: IntegrationsDatabase;
  readonly pubsub: PubSub;
  readonly clock: Clock;
  readonly logger: Logger;
}

const PAGE_SIZE = 500;
/** So much later a change may be seen than it says it was made: its transaction ended later, or the clock of its worker runs behind. */
const SEEN_LATE_MS = 10_000;

/** The caller disposes of it. */
export function createDeliveryFeed({ database, pubsub, clock, logger }: DeliveryFeedOptions): DeliveryFeed {
  const signals = createKeySignals();
  const unsubscribe = subscribeInBackground(pubsub, 'webhook-deliveries', {
    onMessage: (endpointId) => signals.announce(endpointId),
    onGap: () => signals.announceAll(),
    onError: (error) =>
      logger.warn({ err: error }, 'deliveries are not announced; they are read at intervals'),
  });
  return {
    follow: async (request, endpointId) => {
      const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
      const startedAt = clock.now();
      const found = isId(endpointId)
        ? await database.readInTenant(tenantId, (tx) => findEndpoint(tx, tenantId, endpointId))
        : null;
      if (found === null) throw notFound('Webhook endpoint');
      const key = { tenantId, endpointId: found.id };
      const read = (since: Date): Promise<readonly WebhookDelivery[]> =>
        readWhenPossible(() =>
          database.readInTenant(tenantId, (tx) => listChanged(tx, key, { since, limit: PAGE_SIZE })),
        );
      return abortable((stopped) =>
        followChanges({ read, startedAt, stopped, openSignal: () => signals.open(found.id) }),
      );
    },
    [Symbol.dispose]: () => {
      unsubscribe();
      signals[Symbol.dispose]();
    },
  };
}

interface Following {
  readonly read: (since: Date) => Promise<readonly WebhookDelivery[]>;
  readonly startedAt: Date;
  readonly openSignal: () => KeySignal;
  readonly stopped: AbortSignal;
}

async function* followChanges(following: Following): AsyncGenerator<WebhookDelivery, void, undefined> {
  const { startedAt, stopped } = following;
  using signal = following.openSignal();
  let newest = startedAt.getTime();
  // Within the time in which changes are seen late they are read again, and not told again.
  let told = new Map<string, number>();
  while (!stopped.aborted) {
    // The version is taken before the read: an announcement during the read is not slept over.
    const version = signal.version();
    for await (const delivery of readFresh(following, newest - SEEN_LATE_MS, told)) {
      if (stopped.aborted) return;
      newest = Math.max(newest, delivery.updatedAt.getTime());
      if (delivery.updatedAt >= startedAt) yield delivery;
    }
    told = new Map([...told].filter(([, at]) => at > newest - 2 * SEEN_LATE_MS));
    await signal.changedSince(version, stopped);
  }
}

/** What changed after a moment and was not told of, which it is from now on. */
async function* readFresh(
  { read }: Following,
  since: number,
  told: Map<string, number>,
): AsyncGenerator<WebhookDelivery, void, undefined> {
  let from = since;
  let page: readonly WebhookDelivery[];
  do {
    page = await read(new Date(from));
    const fresh = page.filter((delivery) => !told.has(toVersion(delivery)));
    for (const delivery of fresh) {
      told.set(toVersion(delivery), delivery.updatedAt.getTime());
      yield delivery;
    }
    // Others of the same moment may follow; of very many the rest is passed by.
    const last = page.at(-1)?.updatedAt.getTime() ?? from;
    from = fresh.length > 0 ? last - 1 : last;
  } while (page.length === PAGE_SIZE);
}

const toVersion = ({ id, updatedAt, state }: WebhookDelivery): string =>
  `${id} ${updatedAt.getTime()} ${state}`;

/** While the database is away, or busy with others of the tenant, the stream waits: the next wake-up reads again. */
const WAITED_OUT: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);

async function readWhenPossible(
  read: () => Promise<readonly WebhookDelivery[]>,
): Promise<readonly WebhookDelivery[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FlowgridError && WAITED_OUT.has(error.code)) return [];
    throw error;
  }
}
