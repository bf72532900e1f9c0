/** Follows the events of sessions: from the table first, then whenever one is announced, and at intervals in case none was. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import {
  abortable,
  createKeySignals,
  subscribeInBackground,
  type KeySignal,
  type PubSub,
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
  const read = shareReads(database);
  const find = shareLooks(database);
  return {
    follow: async (request, sessionId, after) => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      const start = await findStart(find, { tenantId, sessionId, after: requireSequence(after) });
      return abortable((stopped) =>
        followEvents({ ...start, tenantId, sessionId, read, openSignal: signals.open, stopped }),
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
  const session = isId(sessionId) ? await find(tenantId, sessionId) : undefined;
  if (session === undefined) throw notFound('Design session');
  const cursor = Math.min(after, session.lastSequence);
  return { cursor, isOver: hasEnded(session.state) && cursor === session.lastSequence };
}

type SessionFinder = (tenantId: string, sessionId: string) => Promise<DesignSession | undefined>;

/** Many come back at once when a router goes away: those who ask for the same session share one read. */
function shareLooks(database: DesignDatabase): SessionFinder {
  const running = new Map<string, Promise<DesignSession | undefined>>();
  return (tenantId, sessionId) => {
    const key = `${tenantId} ${sessionId}`;
    const known = running.get(key);
    if (known) return known;
    const look = database
      .readInTenant(tenantId, (tx) => findSessions(tx, tenantId, [sessionId]))
      .then((found) => found.get(sessionId))
      .finally(() => running.delete(key));
    running.set(key, look);
    return look;
  };
}

interface Following extends Start {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly read: EventReader;
  readonly openSignal: (sessionId: string) => KeySignal;
  readonly stopped: AbortSignal;
}

async function* followEvents(following: Following): AsyncGenerator<DesignEvent, void, undefined> {
  if (following.isOver) return;
  const { tenantId, sessionId, stopped } = following;
  using signal = following.openSignal(sessionId);
  let { cursor } = following;
  while (!stopped.aborted) {
    // The version is taken before the read: an announcement during the read is not slept over.
    const version = signal.version();
    const events = await readWhenPossible(() =>
      following.read({ tenantId, sessionId, after: cursor }, version),
    );
    for (const event of events) {
      if (stopped.aborted) return;
      yield event;
      cursor = event.sequence;
    }
    if (events.length === PAGE_SIZE) continue;
    const last = events.at(-1);
    // Whatever followed an end, a retry, would have been read with it.
    if (last !== undefined && hasEnded(last.state)) return;
    if (last === undefined) await signal.changedSince(version, stopped);
  }
}

/** While the database is away, or busy with others of the tenant, the stream waits: the next wake-up reads again. */
const WAITED_OUT: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);

async function readWhenPossible(
  read: () => Promise<readonly DesignEvent[]>,
): Promise<readonly DesignEvent[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FlowgridError && WAITED_OUT.has(error.code)) return [];
    throw error;
  }
}

type EventReader = (
  range: { readonly tenantId: string; readonly sessionId: string; readonly after: number },
  version: number,
) => Promise<readonly DesignEvent[]>;

/** Subscribers who stand at the same place and saw the same announcements share one read. */
function shareReads(database: DesignDatabase): EventReader {
  const running = new Map<string, Promise<readonly DesignEvent[]>>();
  return (range, version) => {
    const key = `${range.tenantId} ${range.sessionId} ${range.after} ${version}`;
    const known = running.get(key);
    if (known) return known;
    const reading = database
      .readInTenant(range.tenantId, (tx) => listEvents(tx, { ...range, limit: PAGE_SIZE }))
      .finally(() => running.delete(key));
    running.set(key, reading);
    return reading;
  };
}
