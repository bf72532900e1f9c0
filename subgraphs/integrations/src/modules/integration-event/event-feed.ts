/** Follows what happens at integrations: from the table first, then whenever it is announced, and at intervals in case it was not. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, isId, notFound, type Logger } from '@flowgrid/platform';
import {
  abortable,
  createKeySignals,
  subscribeInBackground,
  type KeySignal,
  type PubSub,
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
  const read = shareReads(database);
  return {
    follow: async (request, integrationId, after) => {
      const { tenantId } = requirePermission(request.viewer, 'integration:read');
      if (after !== null) requireSequence(after);
      const last = isId(integrationId)
        ? await database.readInTenant(tenantId, (tx) => findLastSequence(tx, tenantId, integrationId))
        : undefined;
      if (last === undefined) throw notFound('Integration');
      const cursor = Math.min(after ?? last, last);
      return abortable((stopped) =>
        followEvents({ tenantId, integrationId, cursor, read, openSignal: signals.open, stopped }),
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

interface Following {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly cursor: number;
  readonly read: EventReader;
  readonly openSignal: (integrationId: string) => KeySignal;
  readonly stopped: AbortSignal;
}

async function* followEvents(following: Following): AsyncGenerator<IntegrationEvent, void, undefined> {
  const { tenantId, integrationId, stopped } = following;
  using signal = following.openSignal(integrationId);
  let { cursor } = following;
  while (!stopped.aborted) {
    // The version is taken before the read: an announcement during the read is not slept over.
    const version = signal.version();
    const events = await readWhenPossible(() =>
      following.read({ tenantId, integrationId, after: cursor }, version),
    );
    if (events === 'GONE') return;
    for (const event of events) {
      if (stopped.aborted) return;
      yield event;
      cursor = event.sequence;
    }
    if (events.length === 0) await signal.changedSince(version, stopped);
  }
}

/** While the database is away, or busy with others of the tenant, the stream waits: the next wake-up reads again. */
const WAITED_OUT: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);

type ReadEvents = readonly IntegrationEvent[] | 'GONE';

async function readWhenPossible(read: () => Promise<ReadEvents>): Promise<ReadEvents> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FlowgridError && WAITED_OUT.has(error.code)) return [];
    throw error;
  }
}

type EventReader = (
  range: { readonly tenantId: string; readonly integrationId: string; readonly after: number },
  version: number,
) => Promise<ReadEvents>;

/** Those who stand at the same place and saw the same announcements share one read. */
function shareReads(database: IntegrationsDatabase): EventReader {
  const running = new Map<string, Promise<ReadEvents>>();
  return (range, version) => {
    const { tenantId, integrationId, after } = range;
    const key = `${tenantId} ${integrationId} ${after} ${version}`;
    const known = running.get(key);
    if (known) return known;
    const reading = database
      .readInTenant(tenantId, async (tx): Promise<ReadEvents> => {
        const last = await findLastSequence(tx, tenantId, integrationId);
        if (last === undefined) return 'GONE';
        return last <= after ? [] : listEvents(tx, { ...range, limit: PAGE_SIZE });
      })
      .finally(() => running.delete(key));
    running.set(key, reading);
    return reading;
  };
}
