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
import { below, requestJson } from '../json-request.ts';
import type { Connection } from '../connection.ts';

export interface ServiceNowCall {
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

export const SERVICENOW = {
  system: 'ServiceNow',
  notFoundHint: 'Enter the address of the instance, such as https://example.service-now.com.',
};
const NUMBER = /^[A-Z]{2,12}\d{3,20}$/;
const FIELDS = 'number,short_description,description,state,sys_class_name,assigned_to,sys_updated_on,sys_id';

/** Each field as it is stored and as people read it; empty references are plain texts. */
const field = z
  .union([z.string(), z.object({ value: z.string().nullish(), display_value: z.string().nullish() })])
  .nullish()
  .transform((given) => {
    if (typeof given === 'string') return { value: given, shown: given };
    return { value: given?.value ?? '', shown: given?.display_value ?? '' };
  });
const taskSchema = z.object({
  number: field,
  short_description: field,
  description: field,
  state: field,
  sys_class_name: field,
  assigned_to: field,
  sys_updated_on: field,
  sys_id: field,
});
const tasksSchema = z.object({ result: z.array(taskSchema) });

export async function findServiceNowTask(call: ServiceNowCall, given: string): Promise<ExternalItem | null> {
  const number = given.trim().toUpperCase();
  if (!NUMBER.test(number)) return null;
  const [task] = await read(call, { query: `number=${number}`, limit: 1, offset: 0 });
  return task === undefined ? null : toItem(task, call.connection.baseUrl);
}

export async function listServiceNowTasks(call: ServiceNowCall, query: ItemQuery): Promise<ItemPage> {
  const offset = toCount(query.token, 0);
  const tasks = await read(call, { query: toQuery(query.search), limit: query.size, offset });
  return {
    items: tasks.map((task) => toItem(task, call.connection.baseUrl)),
    next: tasks.length < query.size ? null : String(offset + tasks.length),
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

async function read(
  { connection, signal }: ServiceNowCall,
  { query, limit, offset }: { readonly query: string; readonly limit: number; readonly offset: number },
): Promise<readonly z.output<typeof taskSchema>[]> {
  const parameters = new URLSearchParams({
    sysparm_query: query,
    sysparm_fields: FIELDS,
    sysparm_display_value: 'all',
    sysparm_exclude_reference_link: 'true',
    sysparm_limit: String(limit),
    sysparm_offset: String(offset),
  });
  const { result } = await requestJson(
    connection.fetch,
    { url: below(connection.apiUrl, `api/now/table/task?${parameters.toString()}`), signal },
    { ...SERVICENOW, schema: tasksSchema },
  );
  return result;
}

function toItem(task: z.output<typeof taskSchema>, baseUrl: string): ExternalItem {
  const table = /^\w+$/.test(task.sys_class_name.value) ? task.sys_class_name.value : 'task';
  const record = encodeURIComponent(`${table}.do?sys_id=${task.sys_id.value}`);
  const assignee = toItemLine(task.assigned_to.shown);
  // Stored times are in UTC; shown ones are in the zone of whoever asks.
  const updated = task.sys_updated_on.value;
  return {
    key: toItemLine(task.number.value),
    title: toItemLine(task.short_description.value),
    body: toItemBody(task.description.value),
    state: toItemLine(task.state.shown),
    type: toItemLine(task.sys_class_name.shown || table),
    assignee: assignee === '' ? null : assignee,
    url: below(baseUrl, `nav_to.do?uri=${record}`).href,
    updatedAt: toItemTime(updated === '' ? null : `${updated.replace(' ', 'T')}Z`),
  };
}
