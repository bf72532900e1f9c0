/** The Table API of a fake ServiceNow instance: queries, fields, pages, rights and rules. */
import { notFound, ok, problem, refusedByRights, type Answer, type ServiceNowRequest } from './answers.ts';
import { parseQuery, type FieldOf } from './encoded-query.ts';
import { LABELS, toId, type Fields, type Records, type User } from './records.ts';

const TABLE = /^\/api\/now(?:\/v\d)?\/table\/([\w.]+)(?:\/([\w]+))?$/;
const MAX_ROWS = 10_000;
const READERS = ['admin', 'itil', 'sn_incident_read', 'sn_incident_write'];
const WRITERS = ['admin', 'itil', 'sn_incident_write'];
const CLOSED_INCIDENT = ['6', '7'];

interface TableCall {
  readonly request: ServiceNowRequest;
  readonly records: Records;
  readonly user: User;
  readonly now: Date;
}

export function answerTable(call: TableCall): Answer | null {
  const [, table = '', id] = TABLE.exec(call.request.path) ?? [];
  if (table === '') return null;
  const rows = rowsOf(call, table);
  if (rows === null) return problem(400, `Invalid table ${table}`);
  if (call.request.method === 'GET') return id === undefined ? list(call, rows) : one(call, rows, id);
  if (!call.records.isTaskTable(table)) return refusedByRights('Update');
  if (call.request.method === 'POST' && id === undefined) return create(call, table);
  if (call.request.method === 'PATCH' && id !== undefined) return change(call, rows, id);
  return problem(405, 'Method not supported');
}

interface Row {
  readonly fields: Fields;
  readonly isVisible: boolean;
}

/** Null for a table that the instance does not have. */
function rowsOf({ records, user }: TableCall, table: string): readonly Row[] | null {
  const all = (list: Iterable<Fields>, isVisible = true): Row[] =>
    [...list].map((fields) => ({ fields, isVisible }));
  if (records.isTaskTable(table)) {
    const mayRead = user.roles.some((role) => READERS.includes(role));
    return [...records.tasks.values()]
      .filter((task) => table === 'task' || task['sys_class_name'] === table)
      .map((fields) => ({ fields, isVisible: mayRead && !records.hidden.has(fields['number'] ?? '') }));
  }
  if (table === 'sys_user') {
    return all([...records.users.values()].map(({ id, name }) => ({ sys_id: id, user_name: name })));
  }
  if (table === 'sys_user_has_role') {
    return all(
      [...records.users.values()].flatMap(({ id, roles }) =>
        roles.map((role) => ({
          sys_id: toId(`${id} ${role}`),
          user: id,
          role: toId(role),
          'role.name': role,
          state: 'active',
        })),
      ),
    );
  }
  if (table === 'sys_choice') return all(records.choices);
  if (table === 'sys_journal_field') return all(records.journal, user.roles.includes('itil'));
  return null;
}

function list(call: TableCall, rows: readonly Row[]): Answer {
  const { query, root, path } = call.request;
  const limit = Math.min(Number(query.get('sysparm_limit') ?? MAX_ROWS), MAX_ROWS);
  const offset = Number(query.get('sysparm_offset') ?? 0);
  const evaluate = (script: string): string => (script === 'gs.getUserID()' ? call.user.id : '');
  const { matches, compare } = parseQuery(query.get('sysparm_query') ?? '', evaluate);
  const found = rows
    .map((row) => ({ row, read: reader(row.fields) }))
    .filter(({ read }) => matches(read))
    .toSorted((one, other) => compare(one.read, other.read));
  const page = found.slice(offset, offset + limit);
  const link = (start: number, rel: string): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('sysparm_offset', String(start));
    return `<${root}${path}?${parameters.toString()}>;rel="${rel}"`;
  };
  const links = [
    link(0, 'first'),
    ...(offset > 0 ? [link(Math.max(0, offset - limit), 'prev')] : []),
    ...(offset + limit < found.length ? [link(offset + limit, 'next')] : []),
    link(Math.max(0, Math.floor((found.length - 1) / limit)) * limit, 'last'),
  ];
  // Rights are looked at when the page is cut already: the count is of everything.
  const visible = page.filter(({ row }) => row.isVisible).map(({ row }) => show(call, row.fields));
  return ok(visible, {
    ...(found.length > limit && { link: links.join(',') }),
    ...(query.get('sysparm_no_count') !== 'true' && { 'x-total-count': String(found.length) }),
  });
}

function one(call: TableCall, rows: readonly Row[], id: string): Answer {
  const row = rows.find(({ fields }) => fields['sys_id'] === id);
  return row?.isVisible ? ok(show(call, row.fields)) : notFound;
}

function create(call: TableCall, table: string): Answer {
  const { records, user, now } = call;
  const fields = parseBody(call.request);
  if (fields === null) return problem(400, 'Exception while reading request', 'not JSON');
  if (!mayWrite(user)) return refusedByRights('Insert');
  const task = records.addTask(table, writable(user, fields), now);
  return { ...ok(show(call, task)), status: 201 };
}

function change(call: TableCall, rows: readonly Row[], id: string): Answer {
  const { records, user, now } = call;
  const row = rows.find(({ fields }) => fields['sys_id'] === id);
  if (!row?.isVisible) return notFound;
  const fields = parseBody(call.request);
  if (fields === null) return problem(400, 'Exception while reading request', 'not JSON');
  if (!mayWrite(user)) return refusedByRights('Update');
  const written = writable(user, fields);
  const after = { ...row.fields, ...written };
  const isClosing = after['sys_class_name'] === 'incident' && CLOSED_INCIDENT.includes(after['state'] ?? '');
  if (isClosing && (after['close_code'] === '' || after['close_notes'] === '')) {
    return problem(
      403,
      'Operation Failed',
      'Data Policy Exception: The following fields are mandatory: Close code, Close notes (10.1.2.3)',
    );
  }
  records.changeTask(row.fields, written, now);
  return ok(show(call, row.fields));
}

const mayWrite = (user: User): boolean => user.roles.some((role) => WRITERS.includes(role));

/** Rights on single fields leave values out without a word. */
function writable(user: User, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !user.cannotWrite.includes(name)));
}

function parseBody({ body, headers }: ServiceNowRequest): Fields | null {
  if (!String(headers['content-type']).startsWith('application/json')) return null;
  try {
    const entries = Object.entries(JSON.parse(body) as object);
    return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  } catch {
    // The endpoint refuses what is no JSON.
    return null;
  }
}

function reader(fields: Fields): FieldOf {
  return (name) => fields[name];
}

function show({ request, records }: TableCall, fields: Fields): object {
  const wanted = request.query.get('sysparm_fields')?.split(',') ?? Object.keys(fields);
  const mode = request.query.get('sysparm_display_value') ?? 'false';
  return Object.fromEntries(
    wanted
      .filter((name) => fields[name] !== undefined)
      .map((name) => {
        const value = fields[name] ?? '';
        const shown = display(records, fields, name);
        if (mode === 'all') return [name, { display_value: shown, value }];
        return [name, mode === 'true' ? shown : value];
      }),
  );
}

/** As people read it: labels, names, and times of their own zone. */
function display(records: Records, fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (name === 'state' && fields['sys_class_name'] !== undefined) return records.stateLabel(fields);
  if (name === 'sys_class_name') return LABELS[value] ?? value;
  if (name === 'assigned_to') return value === '' ? '' : `User ${value}`;
  if (!name.endsWith('_on')) return value;
  const local = new Date(Date.parse(`${value.replace(' ', 'T')}Z`) - 8 * 3_600_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}
