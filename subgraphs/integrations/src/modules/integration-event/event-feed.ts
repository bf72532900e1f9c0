/** Follows what happens at integrations: from the table first, then whenever it is announced, and at intervals in case it was not. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, isId, notFound, type Logger } from '@flowgrid/platform';
import {
  abortable,
  createKeySignals,
  followRows,
  shareReads,
  subscribeInBackground,
  type PubSub,
  type RowPage,
} from '@flowgrid/shared-state';
import type { IntegrationsDatabase } from '../../database.ts';
import { findLastSequence, listEvents, listLastEvents } from './event-store.ts';
import type { IntegrationEvent } from './integration-event.ts';

export interface EventFeed extends Disposable {
  /** Events after a sequence, or from now on for null, until the integration is gone. Stop it with the iterator's `return`. */
  follow(
    request: ServiceRequest,
    integrationId: string,
    after: number | null,
  ): Promise<AsyncIterableIterator<IntegrationEvent>>;
  /** The events that are there, the earliest first. */
  list(
    request: ServiceRequest,
    integrationId: string,
    args: { readonly after?: number | null | undefined; readonly first?: number | null | undefined },
  ): Promise<readonly IntegrationEvent[]>;
}

export interface EventFeedOptions {
  readonly database: IntegrationsDatabase;
  readonly pubsub: PubSub;
  readonly logger: Logger;
}

const PAGE_SIZE = 100;
const DEFAULT_SIZE = 20;

/** Does not wait for announcements to arrive: until then events are read at intervals. The caller disposes of it. */
export function createEventFeed({ database, pubsub, logger }: EventFeedOptions): EventFeed {
  const signals = createKeySignals();
  const unsubscribe = subscribeInBackground(pubsub, 'integration-events', {
    onMessage: (integrationId) => signals.announce(integrationId),
    onGap: () => signals.announceAll(),
    onError: (error) => logger.warn({ err: error }, 'events are not announced; they are read at intervals'),
  });
  // Those who stand at the same place and saw the same announcements share one read.
  const read = shareReads(
    ({ tenantId, integrationId, after, version }: Place) =>
      `${tenantId} ${integrationId} ${after} ${version}`,
    (place) => readEvents(database, place),
  );
  return {
    follow: async (request, integrationId, after) => {
      const { tenantId } = requirePermission(request.viewer, 'integration:read');
      if (after !== null) requireSequence(after);
      const last = isId(integrationId)
        ? await database.readInTenant(tenantId, (tx) => findLastSequence(tx, tenantId, integrationId))
        : undefined;
      if (last === undefined) throw notFound('Integration');
      return abortable((stopped) =>
        followRows({
          read: (place, version) => read({ tenantId, integrationId, after: place, version }),
          after: Math.min(after ?? last, last),
          openSignal: () => signals.open(integrationId),
          stopped,
        }),
      );
    },
    list: async (request, integrationId, args) => {
      const { tenantId } = requirePermission(request.viewer, 'integration:read');
      const limit = requireSize(args.first ?? DEFAULT_SIZE);
      const { after } = args;
      const place = { tenantId, integrationId, limit };
      return database.readInTenant(tenantId, (tx) =>
        after == null
          ? listLastEvents(tx, place)
          : listEvents(tx, { ...place, after: requireSequence(after) }),
      );
    },
    [Symbol.dispose]: () => {
      unsubscribe();
      signals[Symbol.dispose]();
    },
  };
}

function requireSequence(after: number): number {
  if (after >= 0) return after;
  throw new FlowgridError('BAD_USER_INPUT', '"after" must be 0 or the sequence of an event.');
}

function requireSize(first: number): number {
  if (first >= 1 && first <= PAGE_SIZE) return first;
  throw new FlowgridError('BAD_USER_INPUT', `"first" must be between 1 and ${PAGE_SIZE}.`);
}

interface Place {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly after: number;
  readonly version: number;
}

function readEvents(database: IntegrationsDatabase, place: Place): Promise<RowPage<IntegrationEvent>> {
  const { tenantId, integrationId, after } = place;
  return database.readInTenant(tenantId, async (tx) => {
    const last = await findLastSequence(tx, tenantId, integrationId);
    if (last === undefined) return { rows: [], isOver: true };
    const rows = last <= after ? [] : await listEvents(tx, { ...place, limit: PAGE_SIZE });
    return { rows, isOver: false };
  });
}
