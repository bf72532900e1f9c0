/** New tasks and comments in ServiceNow. */
import { z } from 'zod';
import { ConnectorError } from '../connector-error.ts';
import type { ExternalComment, ExternalItem, ItemDraft } from '../external-item.ts';
import { field, readRows, sendRow, ServiceNowRefusal, type ServiceNowCall } from './servicenow-request.ts';
import { TASK_PARAMETERS, findTask, taskSchema, toItem, type FoundTask } from './servicenow-tasks.ts';

/**
 * Tables below `task`, by their names: those of the platform, and others that are called like one. Everything else of an
 * instance, such as its users and its scripts, is a table too.
 */
const TICKET_TABLE =
  /^(?!sys_)(?:task|incident|problem|change_request|sc_request|sc_req_item|(?:[a-z0-9]+_){1,8}(?:case|change|claim|incident|issue|order|problem|request|task|ticket))$/;
const MAX_TABLE_LENGTH = 80;
/** Where the kind is not called like its table. */
const KINDS: Readonly<Record<string, string>> = {
  sc_request: 'request',
  sc_req_item: 'requested_item',
  sc_task: 'catalog_task',
};

const journalSchema = z.object({ sys_id: field, value: field });

export async function createServiceNowTask(call: ServiceNowCall, draft: ItemDraft): Promise<ExternalItem> {
  const table = draft.container.trim().toLowerCase();
  if (table.length > MAX_TABLE_LENGTH || !TICKET_TABLE.test(table)) {
    throw new ConnectorError('Name a table of tickets, such as incident, problem or sc_task.');
  }
  const kind = draft.type === null ? null : draft.type.trim().toLowerCase().replaceAll(/\s+/g, '_');
  if (kind !== null && kind !== table && kind !== KINDS[table]) {
    throw new ConnectorError('In ServiceNow the table says what a ticket is: leave the type out.');
  }
  const task = await withWords(
    sendRow(
      call,
      {
        table,
        parameters: TASK_PARAMETERS,
        write: {
          method: 'POST',
          body: { short_description: toValue(draft.title), description: toValue(draft.body) },
        },
      },
      taskSchema,
    ),
    'create tickets in this table',
  );
  const item = toItem(task, call.connection.baseUrl);
  if (item.key !== '') return item;
  throw new ConnectorError(
    'ServiceNow made a record and does not show its number: the table is none of tickets, or the user may not read it.',
  );
}

export async function addServiceNowComment(
  call: ServiceNowCall,
  { key, body }: { readonly key: string; readonly body: string },
): Promise<ExternalComment | null> {
  const found = await findTask(call, key);
  if (found === null) return null;
  const changed = await withWords(
    sendRow(
      call,
      {
        table: found.table,
        recordId: found.recordId,
        parameters: TASK_PARAMETERS,
        // Work notes are for the people of the service desk alone; comments are what the caller reads.
        write: { method: 'PATCH', body: { comments: toValue(body) } },
      },
      taskSchema,
    ),
    'comment on this ticket',
  );
  const entry = await findJournalEntry(call, found, toValue(body));
  const isKept = entry !== null || changed.sys_mod_count.value !== found.task.sys_mod_count.value;
  if (!isKept) {
    throw new ConnectorError(
      'ServiceNow did not keep the comment. Let the user write the field comments, for example by the role itil.',
    );
  }
  return {
    id: entry ?? `${found.recordId}.${changed.sys_mod_count.value}`,
    url: toItem(found.task, call.connection.baseUrl).url,
  };
}

/** The id of the comment; null where the user may not read the journal. */
async function findJournalEntry(
  call: ServiceNowCall,
  { recordId }: FoundTask,
  body: string,
): Promise<string | null> {
  const parameters = {
    sysparm_query: `element_id=${recordId}^element=comments^ORDERBYDESCsys_created_on`,
    sysparm_fields: 'sys_id,value',
    sysparm_limit: '10',
  };
  try {
    const { rows } = await readRows(call, { table: 'sys_journal_field', parameters }, journalSchema);
    return rows.find(({ value }) => value.value.trim() === body.trim())?.sys_id.value ?? null;
  } catch (error) {
    // The comment was sent: that its id cannot be read is no reason to have it sent again.
    if (error instanceof ConnectorError) return null;
    throw error;
  }
}

/** A value that begins so is evaluated by the instance, where its administrator lets it. */
export function toValue(text: string): string {
  return text.replace(/^(\s*javascript)\s*:/i, '$1 :');
}

/** What a refused write means: a table that is not there, or a right that is missing. */
export async function withWords<Result>(work: Promise<Result>, what: string): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ServiceNowRefusal)) throw error;
    if (error.status === 400 && error.says(/invalid table/i)) {
      throw new ConnectorError('ServiceNow has no such table (400). Name one of its tables of tickets.', {
        status: 400,
      });
    }
    if (error.status !== 403) throw error;
    const fields = REQUIRED_FIELDS.filter((name) => error.says(toPattern(name)));
    throw new ConnectorError(
      fields.length > 0
        ? `ServiceNow requires ${fields.join(' and ')} (403), which only a person there can fill in.`
        : `ServiceNow does not let the user ${what} (403). Grant the role itil, or write access by its access controls.`,
      { status: 403 },
    );
  }
}

/** What data policies and business rules of the platform make mandatory. */
const REQUIRED_FIELDS = [
  'assigned_to',
  'assignment_group',
  'caller_id',
  'category',
  'close_code',
  'close_notes',
  'resolution_code',
  'resolution_notes',
];

/** As messages have it: by name, or by label. */
function toPattern(name: string): RegExp {
  return new RegExp(`\\b${name.replace('_', '[ _]')}\\b`, 'i');
}
