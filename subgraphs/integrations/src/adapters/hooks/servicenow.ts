/** What our business rule in ServiceNow sends. */
import { z } from 'zod';
import { toItemBody, toItemLine, toItemTime, type ExternalItem } from '../external-item.ts';
import { below } from '../json-request.ts';
import { readPayload, type HookDialect, type HookItemChange, type ToldChanges } from './hook-dialect.ts';

const payloadSchema = z.object({
  operation: z.enum(['insert', 'update', 'delete']),
  table: z.string().regex(/^\w{1,80}$/),
  sys_id: z.string().regex(/^[0-9a-f]{32}$/),
  number: z.string().min(1),
  short_description: z.string().nullish(),
  description: z.string().nullish(),
  state: z.string().nullish(),
  type: z.string().nullish(),
  assigned_to: z.string().nullish(),
  sys_updated_on: z.string().nullish().describe('in UTC: 2026-01-31 13:45:00'),
  changed: z.array(z.string()).nullish(),
});
type Payload = z.output<typeof payloadSchema>;

/** Changes of these say that somebody wrote something. */
const JOURNALS: ReadonlySet<string> = new Set(['comments', 'work_notes']);

export const SERVICENOW_HOOKS: HookDialect = {
  verifications: ['STANDARD_WEBHOOKS'],
  keptHeaders: ['webhook-id', 'webhook-timestamp', 'content-type', 'user-agent'],
  name: ({ headers }) => ({ key: headers['webhook-id'] ?? null, event: null }),
  readChanges: (payload, { baseUrl }): ToldChanges => {
    const read = readPayload(payloadSchema, payload);
    return { items: [{ change: changeOf(read), item: toItem(read, baseUrl), isPartial: false }], note: null };
  },
};

/** A record and how often it was changed, by which messages that overtook each other are put in order. */
export interface RecordVersion {
  readonly record: string;
  readonly version: number;
}

/** `<sys_id>-<sys_mod_count>`, which our business rule gives as the id of the message. */
export function parseRecordVersion(deliveryKey: string): RecordVersion | null {
  const [, record, version] = /^([0-9a-f]{32})-(\d{1,9})$/.exec(deliveryKey) ?? [];
  return record === undefined ? null : { record, version: Number(version) };
}

function changeOf({ operation, changed }: Payload): HookItemChange {
  switch (operation) {
    case 'insert':
      return 'CREATED';
    case 'delete':
      return 'DELETED';
    case 'update':
      if (changed?.some((field) => field === 'state' || field === 'incident_state') === true)
        return 'TRANSITIONED';
      return changed?.some((field) => JOURNALS.has(field)) === true ? 'COMMENTED' : 'UPDATED';
    default:
      return operation satisfies never;
  }
}

function toItem(task: Payload, baseUrl: string | null): ExternalItem {
  const record = encodeURIComponent(`${task.table}.do?sys_id=${task.sys_id}`);
  const assignee = toItemLine(task.assigned_to);
  const updated = task.sys_updated_on ?? '';
  return {
    key: toItemLine(task.number),
    title: toItemLine(task.short_description),
    body: toItemBody(task.description),
    state: toItemLine(task.state),
    type: toItemLine(task.type ?? task.table),
    assignee: assignee === '' ? null : assignee,
    url: baseUrl === null ? null : below(baseUrl, `nav_to.do?uri=${record}`).href,
    updatedAt: toItemTime(updated === '' ? null : `${updated.replace(' ', 'T')}Z`),
  };
}
