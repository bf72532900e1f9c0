/** Following what changes in ServiceNow: by the time of the change, and by record where several have the same. */
import { z } from 'zod';
import { ConnectorError } from '../connector-error.ts';
import type { SyncPage, SyncQuery } from '../external-item.ts';
import { RECORD_ID, TABLE_NAME, type ServiceNowCall, type TableRows } from './servicenow-request.ts';
import { readTasks, toItem, toTime, type Task } from './servicenow-tasks.ts';

/** As the instance stores times: in UTC, by whole seconds. */
const STORED_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

const cursorSchema = z.object({
  at: z.string().regex(STORED_TIME),
  /** Of the last record of that second; null for all of it. */
  id: z.string().regex(RECORD_ID).nullable(),
  /** Where the next run begins: what was changed later may have become visible after it was read. */
  back: z.string().regex(STORED_TIME).nullable(),
});
type Cursor = z.output<typeof cursorSchema>;

/**
 * Times are set when a change begins, by the clock of one of several nodes, and the change is seen when it is committed:
 * of the last minute there may be more to come.
 */
const SETTLES_AFTER_MS = 60_000;
/** As much as an instance gives at once by default. */
const MAX_ROWS = 10_000;
const GROWTH = 10;
/** Before everything that there is. */
const BEGINNING: Cursor = { at: '1970-01-01 00:00:00', id: null, back: null };

export async function syncServiceNowTasks(call: ServiceNowCall, query: SyncQuery): Promise<SyncPage> {
  const table = query.scope ?? 'task';
  if (!TABLE_NAME.test(table)) {
    throw new ConnectorError('The scope of a ServiceNow sync is the name of a table, such as incident.');
  }
  const from = toCursor(query.cursor);
  const { page, limit } = await readVisible(call, { table, from, size: query.size });
  const last = page.rows.at(-1);
  const hasMore = page.total === null ? page.rows.length >= limit : page.total > limit;
  const reached = last === undefined ? from : positionOf(last);
  const settled = toStoredTime(new Date(page.at.getTime() - SETTLES_AFTER_MS));
  const back = from.back ?? (reached.at > settled ? settled : null);
  const next = hasMore || back === null ? { ...reached, back } : { at: back, id: null, back: null };
  return {
    items: page.rows.map((task) => toItem(task, call.connection.baseUrl)).filter(({ key }) => key !== ''),
    cursor: JSON.stringify(next),
    hasMore,
  };
}

/**
 * Rows that the user may not see are taken out of a page after it was cut. Where nothing of it is left, more is asked for from
 * the same place: an offset would pass over what moves meanwhile.
 */
async function readVisible(
  call: ServiceNowCall,
  wanted: { readonly table: string; readonly from: Cursor; readonly size: number },
): Promise<{ readonly page: TableRows<Task>; readonly limit: number }> {
  const { table, from } = wanted;
  for (let limit = wanted.size; ; limit = Math.min(limit * GROWTH, MAX_ROWS)) {
    const page = await readTasks(call, { table, query: toQuery(from), limit });
    if (page.rows.length > 0 || (page.total ?? 0) <= limit) return { page, limit };
    if (limit >= MAX_ROWS) {
      throw new ConnectorError(
        `The user may see none of the next ${MAX_ROWS} records of ${table}. Grant read access to them, or choose another table as the scope.`,
      );
    }
  }
}

/** `^OR` binds stronger than `^`: at or after the time, and after the time or after the record. */
function toQuery({ at, id }: Cursor): string {
  const after = id === null ? '' : `^sys_updated_on>${at}^ORsys_id>${id}`;
  return `sys_updated_on>=${at}${after}^ORDERBYsys_updated_on^ORDERBYsys_id`;
}

function positionOf(task: Task): Pick<Cursor, 'at' | 'id'> {
  const [at, id] = [task.sys_updated_on.value, task.sys_id.value];
  if (STORED_TIME.test(at) && RECORD_ID.test(id) && toTime(at) !== null) return { at, id };
  throw new ConnectorError(
    'ServiceNow does not show when records were updated. Let the user read the fields sys_updated_on and sys_id.',
  );
}

function toStoredTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

/** What was not given by this connector begins anew. */
function toCursor(text: string | null): Cursor {
  try {
    return cursorSchema.parse(JSON.parse(text ?? ''));
  } catch {
    // No cursor, or one of another system.
    return BEGINNING;
  }
}
