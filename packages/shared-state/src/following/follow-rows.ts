/** Follows rows that are added one after the other: reads what is there, and what comes whenever it is announced. */
import { FlowgridError } from '@flowgrid/platform';
import type { KeySignal } from './key-signals.ts';

/** A page of rows behind a place. */
export interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** True when nothing comes after them any more. */
  readonly isOver: boolean;
}

export interface FollowRowsOptions<Row> {
  /** Rows behind the sequence `after`, the earliest first. `version` is that of the signal before the read. */
  readonly read: (after: number, version: number) => Promise<RowPage<Row>>;
  readonly after: number;
  /** Asked for when the first row is, so that nothing is left of who stops before; disposed of at the end. */
  readonly openSignal: () => KeySignal;
  readonly stopped: AbortSignal;
}

/** While the database is away, or busy with others of the tenant, a follower waits: the next wake-up reads again. */
const WAITED_OUT: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);

/**
 * Gives each row once, until nothing comes any more or `stopped` aborts.
 * @throws what `read` throws, but for a database that is away or busy: that is waited for.
 */
export async function* followRows<Row extends { readonly sequence: number }>({
  read,
  after,
  openSignal,
  stopped,
}: FollowRowsOptions<Row>): AsyncGenerator<Row, void, undefined> {
  using signal = openSignal();
  let cursor = after;
  while (!stopped.aborted) {
    // The version is taken before the read: an announcement during the read is not slept over.
    const version = signal.version();
    const { rows, isOver } = await readWhenPossible(() => read(cursor, version));
    for (const row of rows) {
      if (stopped.aborted) return;
      yield row;
      cursor = row.sequence;
    }
    if (isOver) return;
    if (rows.length === 0) await signal.changedSince(version, stopped);
  }
}

async function readWhenPossible<Row>(read: () => Promise<RowPage<Row>>): Promise<RowPage<Row>> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FlowgridError && WAITED_OUT.has(error.code)) return { rows: [], isOver: false };
    throw error;
  }
}
