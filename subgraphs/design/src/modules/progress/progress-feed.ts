/** Follows the events of sessions: from the table first, then whenever one is announced, and at intervals in case none was. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import {
  abortable,
  createKeySignals,
  followRows,
  shareReads,
  subscribeInBackground,
  type PubSub,
  type RowPage,
} from '@flowgrid/shared-state';
import { FlowgridError, isId, notFound, type Logger } from '@flowgrid/platform';
import type { DesignDatabase } from '../../database.ts';
import { findSessions } from '../session/session-store.ts';
import { hasEnded, type DesignSession } from '../session/session.ts';
import type { DesignEvent } from './design-event.ts';
import { listEvents } from './event-store.ts';

const PAGE_SIZE = 100;

export interface ProgressFeed extends Disposable {
  /** Events after a sequence number, until the session has ended. Stop it with the iterator's `return`. */
  follow(
    request: ServiceRequest,
    sessionId: string,
    after: number,
  ): Promise<AsyncIterableIterator<DesignEvent>>;
  /** The events that are there. */
  list(request: ServiceRequest, sessionId: string, after: number): Promise<readonly DesignEvent[]>;
}

export interface ProgressFeedOptions {
  readonly database: DesignDatabase;
  readonly pubsub: PubSub;
  readonly logger: Logger;
}

/** Does not wait for announcements to arrive: until then events are read at intervals. The caller disposes of it. */
export function createProgressFeed({ database, pubsub, logger }: ProgressFeedOptions): ProgressFeed {
  const signals = createKeySignals();
  const unsubscribe = subscribeInBackground(pubsub, 'design-progress', {
    onMessage: (sessionId) => signals.announce(sessionId),
    onGap: () => signals.announceAll(),
    onError: (error) => logger.warn({ err: error }, 'progress is not announced; it is read at intervals'),
  });
  // Subscribers who stand at the same place and saw the same announcements share one read.
  const read = shareReads(
    ({ tenantId, sessionId, after, version }: Place) => `${tenantId} ${sessionId} ${after} ${version}`,
    (place) => readEvents(database, place),
  );
  const find = shareReads(
    ({ tenantId, sessionId }: SessionKey) => `${tenantId} ${sessionId}`,
    (key) => findSession(database, key),
  );
  return {
    follow: async (request, sessionId, after) => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      const start = await findStart(find, { tenantId, sessionId, after: requireSequence(after) });
      return abortable((stopped) =>
        start.isOver
          ? nothing()
          : followRows({
              read: (place, version) => read({ tenantId, sessionId, after: place, version }),
              after: start.cursor,
              openSignal: () => signals.open(sessionId),
              stopped,
            }),
      );
    },
    list: async (request, sessionId, after) => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      const range = { tenantId, sessionId, after: requireSequence(after), limit: MAX_LISTED };
      return database.readInTenant(tenantId, (tx) => listEvents(tx, range));
    },
    [Symbol.dispose]: () => {
      unsubscribe();
      signals[Symbol.dispose]();
    },
  };
}

/** A session has a dozen events per attempt; who has more pages by `after`. */
const MAX_LISTED = 1000;

function requireSequence(after: number): number {
  if (after >= 0) return after;
  throw new FlowgridError('BAD_USER_INPUT', '"after" must be 0 or the sequence of an event.');
}

interface Start {
  readonly cursor: number;
  /** True when there is nothing more to come. */
  readonly isOver: boolean;
}

async function findStart(
  find: SessionFinder,
  { tenantId, sessionId, after }: { tenantId: string; sessionId: string; after: number },
): Promise<Start> {
  const session = isId(sessionId) ? await find({ tenantId, sessionId }) : undefined;
  if (session === undefined) throw notFound('Design session');
  const cursor = Math.min(after, session.lastSequence);
  return { cursor, isOver: hasEnded(session.state) && cursor === session.lastSequence };
}

interface SessionKey {
  readonly tenantId: string;
  readonly sessionId: string;
}

type SessionFinder = (key: SessionKey) => Promise<DesignSession | undefined>;

async function findSession(
  database: DesignDatabase,
  { tenantId, sessionId }: SessionKey,
): Promise<DesignSession | undefined> {
  const found = await database.readInTenant(tenantId, (tx) => findSessions(tx, tenantId, [sessionId]));
  return found.get(sessionId);
}

async function* nothing(): AsyncGenerator<DesignEvent, void, undefined> {}

interface Place extends SessionKey {
  readonly after: number;
  readonly version: number;
}

async function readEvents(database: DesignDatabase, place: Place): Promise<RowPage<DesignEvent>> {
  const rows = await database.readInTenant(place.tenantId, (tx) =>
    listEvents(tx, { ...place, limit: PAGE_SIZE }),
  );
  const last = rows.at(-1);
  // Whatever followed an end, a retry, would have been read with it.
  const isOver = rows.length < PAGE_SIZE && last !== undefined && hasEnded(last.state);
  return { rows, isOver };
}
