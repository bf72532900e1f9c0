/** Reads on from the cursor of a claimed sync, page by page. */
import { OutboundError } from '@flowgrid/outbound';
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import { ConnectorError } from '../../adapters/connector-error.ts';
import type { SyncPage, SyncQuery } from '../../adapters/external-item.ts';
import { ConnectionPaused } from '../connection/connection-paused.ts';
import { isConnectionFailure, type ConnectionInUse, type Connections } from '../connection/connections.ts';
import type { SyncRecord } from './sync-record.ts';
import { SyncLost, type Sync } from './sync.ts';

export interface SyncRun {
  readonly tenantId: string;
  readonly sync: Sync;
  readonly record: SyncRecord;
  readonly connections: Pick<Connections, 'use'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the claim is over or the worker stops. */
  readonly signal: AbortSignal;
}

/** As much as all systems give at once. */
export const SYNC_PAGE_SIZE = 100;
const SMALLER = 4;
/** Then others have their turn, and this one goes on behind them. */
const MAX_PAGES = 50;
const MAX_TURN_MS = 60_000;
/** With everything that one page may take: signing in, waiting for its turn, trying again. */
const PAGE_MS = 60_000;
/** A database that is busy or away. */
const WAIT_MS = 5_000;
const TOO_MANY_REQUESTS = 429;
const LIMITED_MS = 1_000;
/** However long the other system wants to be left alone. */
const MAX_PAUSE_MS = 24 * 60 * 60 * 1_000;

type End = 'FINISHED' | 'MORE';

/** Never rejects: whatever happens is written, or left to the end of the lease. */
export async function runSync(run: SyncRun): Promise<void> {
  const { logger, sync } = run;
  const facts = { syncId: sync.id, integrationId: sync.integrationId };
  try {
    await runTurn(run);
  } catch (error) {
    if (error instanceof SyncLost) logger.info(facts, 'the sync was stopped or taken over');
    // The lease ends, and another claim goes on from the cursor that is stored.
    else logger.warn({ ...facts, err: error }, 'the sync was left');
  }
}

async function runTurn(run: SyncRun): Promise<void> {
  const { tenantId, sync, record, connections } = run;
  const place = { tenantId, integrationId: sync.integrationId };
  try {
    const end = await connections.use(place, (opened) => readPages(run, opened), { priority: 'BACKGROUND' });
    // Null: the integration is gone, and the sync with it.
    if (end === 'MORE') await record.release(0);
  } catch (error) {
    await endAfter(run, error);
  }
}

async function readPages(
  { sync, record, signal }: SyncRun,
  { connector, connection }: Pick<ConnectionInUse, 'connector' | 'connection'>,
): Promise<End> {
  const begunAt = performance.now();
  let { cursor } = sync;
  for (let pages = 0; pages < MAX_PAGES && performance.now() - begunAt < MAX_TURN_MS; pages += 1) {
    signal.throwIfAborted();
    const page = await readPage({ connector, connection }, { scope: sync.scope, cursor }, signal);
    signal.throwIfAborted();
    await record.writePage(page);
    if (!page.hasMore) return 'FINISHED';
    if (page.cursor === cursor)
      throw new ConnectorError('The other system gives the same page again and again.');
    ({ cursor } = page);
  }
  return 'MORE';
}

/** Strangers may write long texts, and many of them: what is too much at once is asked for in smaller parts. */
async function readPage(
  { connector, connection }: Pick<ConnectionInUse, 'connector' | 'connection'>,
  query: Omit<SyncQuery, 'size'>,
  signal: AbortSignal,
): Promise<SyncPage> {
  for (let size = SYNC_PAGE_SIZE; ; size = Math.ceil(size / SMALLER)) {
    try {
      return await connector.syncItems(
        connection,
        { ...query, size },
        AbortSignal.any([signal, AbortSignal.timeout(PAGE_MS)]),
      );
    } catch (error) {
      const isTooLarge = error instanceof OutboundError && error.reason === 'TOO_LARGE';
      if (!isTooLarge || size === 1) throw error;
    }
  }
}

async function endAfter({ sync, record, clock, logger, signal }: SyncRun, error: unknown): Promise<void> {
  if (error instanceof SyncLost || signal.reason instanceof SyncLost) throw error;
  // The worker stops: another one goes on at once.
  if (signal.aborted) return record.release(0);
  if (error instanceof ConnectionPaused) {
    const waitMs = error.until.getTime() - clock.now().getTime();
    return record.release(Math.min(Math.max(waitMs, 0), MAX_PAUSE_MS));
  }
  // The connection knows by now how long it has to wait, and says so when it goes on.
  if (error instanceof ConnectorError && error.status === TOO_MANY_REQUESTS)
    return record.release(LIMITED_MS);
  if (error instanceof FlowgridError) return record.release(WAIT_MS);
  if (isConnectionFailure(error)) return record.fail(error.message);
  logger.error({ err: error, syncId: sync.id }, 'a sync failed unexpectedly');
  return record.fail(
    'Something unexpected happened. It is tried again; if it fails for long, tell the operator.',
  );
}
