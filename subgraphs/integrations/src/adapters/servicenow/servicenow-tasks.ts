/** Tasks of ServiceNow, which incidents, requested items, changes and problems are. */
import { z } from 'zod';
import {
  toCount,
  toItemBody,
  toItemLine,
  toItemTime,
  toSearchWords,
  type ExternalItem,
  type ItemPage,
  type ItemQuery,
} from '../external-item.ts';
import { below } from '../json-request.ts';
import {
  RECORD_ID,
  TABLE_NAME,
  field,
  readRows,
  type ServiceNowCall,
  type TableRows,
} from './servicenow-request.ts';

const NUMBER = /^[A-Z]{2,12}\d{3,20}$/;
const FIELDS =
  'number,short_description,description,state,sys_class_name,assigned_to,sys_updated_on,sys_mod_count,sys_id';

/** Fields with their stored and their shown value, and references without addresses. */
export const TASK_PARAMETERS = {
  sysparm_fields: FIELDS,
  sysparm_display_value: 'all',
  sysparm_exclude_reference_link: 'true',
};

export const taskSchema = z.object({
  number: field,
  short_description: field,
  description: field,
  state: field,
  sys_class_name: field,
  assigned_to: field,
  sys_updated_on: field,
  sys_mod_count: field,
  sys_id: field,
});
export type Task = z.output<typeof taskSchema>;

/** A task that a write can be sent to. */
export interface FoundTask {
  readonly task: Task;
  readonly table: string;
  readonly recordId: string;
}

export async function findServiceNowTask(call: ServiceNowCall, given: string): Promise<ExternalItem | null> {
  const task = await findRow(call, given);
  return task === null ? null : toItem(task, call.connection.baseUrl);
}

/** Null also for a task that names no record of its own: nothing can be written there. */
export async function findTask(call: ServiceNowCall, given: string): Promise<FoundTask | null> {
  const task = await findRow(call, given);
  const recordId = task?.sys_id.value ?? '';
  return task === null || !RECORD_ID.test(recordId) ? null : { task, table: tableOf(task), recordId };
}

async function findRow(call: ServiceNowCall, given: string): Promise<Task | null> {
  const number = given.trim().toUpperCase();
  if (!NUMBER.test(number)) return null;
  const { rows } = await readTasks(call, { query: `number=${number}`, limit: 1 });
  return rows[0] ?? null;
}

export async function listServiceNowTasks(call: ServiceNowCall, query: ItemQuery): Promise<ItemPage> {
  const offset = toCount(query.token, 0);
  const { rows, total } = await readTasks(call, { query: toQuery(query.search), limit: query.size, offset });
  // Rows that the user may not see are taken out of a page after it was cut: a short page is not always the last one.
  const end = offset + query.size;
  const hasMore = total === null ? rows.length >= query.size : total > end;
  return {
    items: rows.map((task) => toItem(task, call.connection.baseUrl)),
    next: hasMore ? String(end) : null,
  };
}

/**
 * A condition ends at `^`, and `javascript:` is evaluated by the instance: of what is looked for only words are left, which can
 * be neither.
 */
function toQuery(search: string | null): string {
  const words = toSearchWords(search);
  const order = 'ORDERBYDESCsys_updated_on';
  if (words === null) return order;
  return `short_descriptionLIKE${words}^ORdescriptionLIKE${words}^ORnumberSTARTSWITH${words}^${order}`;
}

export function readTasks(
  call: ServiceNowCall,
  wanted: {
    readonly query: string;
    readonly limit: number;
    readonly offset?: number;
    readonly table?: string;
  },
): Promise<TableRows<Task>> {
  const parameters = {
    sysparm_query: wanted.query,
    ...TASK_PARAMETERS,
    sysparm_limit: String(wanted.limit),
    sysparm_offset: String(wanted.offset ?? 0),
  };
  return readRows(call, { table: wanted.table ?? 'task', parameters }, taskSchema);
}

export function toItem(task: Task, baseUrl: string): ExternalItem {
  const table = tableOf(task);
  const record = encodeURIComponent(`${table}.do?sys_id=${task.sys_id.value}`);
  const assignee = toItemLine(task.assigned_to.shown);
  return {
    key: toItemLine(task.number.value),
    title: toItemLine(task.short_description.value),
    body: toItemBody(task.description.value),
    state: toItemLine(task.state.shown),
    type: toItemLine(task.sys_class_name.shown || table),
    assignee: assignee === '' ? null : assignee,
    url: below(baseUrl, `nav_to.do?uri=${record}`).href,
    updatedAt: toTime(task.sys_updated_on.value),
  };
}

/** Stored times are in UTC; shown ones are in the zone of whoever asks. */
export function toTime(stored: string): Date | null {
  return toItemTime(stored === '' ? null : `${stored.replace(' ', 'T')}Z`);
}

function tableOf(task: Task): string {
  return TABLE_NAME.test(task.sys_class_name.value) ? task.sys_class_name.value : 'task';
}
