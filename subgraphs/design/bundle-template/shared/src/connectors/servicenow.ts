/** ServiceNow's Table API: records of one table. */
import { z } from 'zod';
import { readEnv, requireEnv } from '../env.ts';
import type { Item } from './item.ts';
import { requestJson } from './request.ts';

const DEFAULT_TABLE = 'incident';
const FIELDS = 'sys_id,number,short_description';

const recordSchema = z.object({ sys_id: z.string(), number: z.string(), short_description: z.string() });

type TableRecord = z.infer<typeof recordSchema>;

function connection(): { base: string; table: string; headers: Record<string, string> } {
  const credential = `${requireEnv('SERVICENOW_USER')}:${requireEnv('SERVICENOW_PASSWORD')}`;
  const table = readEnv('SERVICENOW_TABLE') ?? DEFAULT_TABLE;
  if (!/^[a-z][a-z0-9_]*$/.test(table)) throw new Error('SERVICENOW_TABLE must be the name of a table.');
  return {
    base: requireEnv('SERVICENOW_BASE_URL').replace(/\/$/, ''),
    table,
    headers: { authorization: `Basic ${Buffer.from(credential).toString('base64')}` },
  };
}

function toItem({ base, table }: { base: string; table: string }, record: TableRecord): Item {
  const url = `${base}/nav_to.do?uri=${encodeURIComponent(`${table}.do?sys_id=${record.sys_id}`)}`;
  return { key: record.number, title: record.short_description, url };
}

export interface NewItem {
  readonly title: string;
  readonly text: string;
}

export async function createItem({ title, text }: NewItem, signal: AbortSignal): Promise<Item> {
  const { base, table, headers } = connection();
  const { result } = await requestJson({
    system: 'ServiceNow',
    method: 'POST',
    url: `${base}/api/now/table/${table}?sysparm_fields=${FIELDS}`,
    headers,
    body: { short_description: title, description: text },
    signal,
    answer: z.object({ result: recordSchema }),
  });
  return toItem({ base, table }, result);
}

export async function searchItems(query: string, signal: AbortSignal): Promise<readonly Item[]> {
  const { base, table, headers } = connection();
  const url = new URL(`${base}/api/now/table/${table}`);
  // A caret begins another condition in ServiceNow's query language.
  url.searchParams.set('sysparm_query', `short_descriptionLIKE${query.replaceAll('^', ' ')}`);
  url.searchParams.set('sysparm_fields', FIELDS);
  url.searchParams.set('sysparm_limit', '20');
  const { result } = await requestJson({
    system: 'ServiceNow',
    method: 'GET',
    url: url.href,
    headers,
    signal,
    answer: z.object({ result: z.array(recordSchema) }),
  });
  return result.map((record) => toItem({ base, table }, record));
}
