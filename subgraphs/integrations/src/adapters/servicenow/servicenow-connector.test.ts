/** What ServiceNow does in its own way: rights that hide rows, rules that leave values out, fields that a state requires. */
import { OutsidePolicies, createLogger, createMetrics, newId } from '@flowgrid/platform';
import { createOutbound, type Outbound } from '@flowgrid/outbound';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  SERVICENOW_AGENT,
  startServiceNowServer,
  type Fields,
  type ServiceNowServer,
  type User,
} from '../../testkit/servicenow-server.ts';
import type { Connection } from '../connection.ts';
import type { ExternalItem, SyncPage } from '../external-item.ts';
import { basicAuthorization } from '../json-request.ts';
import { createServiceNowConnector } from './servicenow-connector.ts';

const connector = createServiceNowConnector();
const SIZE = 3;

let server: ServiceNowServer;
let outbound: Outbound;

beforeEach(async () => {
  server = await startServiceNowServer();
  const [hostname = '', port = ''] = server.host.split(':');
  outbound = createOutbound({
    policies: new OutsidePolicies({
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
    }),
    allowed: [{ hostname, port }],
    maxResponseBytes: 8 * 1024 * 1024,
  });
});
afterEach(async () => {
  await outbound[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const until = (): AbortSignal => AbortSignal.timeout(10_000);
const second = (count: number): Date => new Date(Date.UTC(2026, 2, 1, 10, 0, count));

function connect(user: Pick<User, 'name' | 'password'> = SERVICENOW_AGENT): Connection {
  const authorization = basicAuthorization(user.name, user.password);
  const id = newId();
  return {
    id,
    baseUrl: server.url,
    apiUrl: server.url,
    knownLogin: user.name,
    fetch: (url, init = {}) =>
      outbound.fetch(url, { ...init, connection: id, headers: { ...init.headers, authorization } }),
  };
}

const addTask = (at: Date, fields: Fields = {}, table = 'incident'): string =>
  server.records.addTask(table, { short_description: 'Claim', ...fields }, at)['number'] ?? '';

describe('a sync', () => {
  const page = (cursor: string | null, scope: string | null = null): Promise<SyncPage> =>
    connector.syncItems(connect(), { scope, cursor, size: SIZE }, until());
  const sync = async (
    from: string | null,
  ): Promise<{ items: ExternalItem[]; cursor: string; pages: number }> => {
    const items: ExternalItem[] = [];
    let cursor = from;
    for (let pages = 1; ; pages += 1) {
      const next = await page(cursor);
      items.push(...next.items);
      ({ cursor } = next);
      if (!next.hasMore) return { items, cursor: next.cursor, pages };
    }
  };

  test('never counts rows: it asks for what comes after the last one', async () => {
    for (let index = 0; index < 8; index += 1) addTask(second(index % 4));

    const { items, pages } = await sync(null);

    expect(new Set(items.map(({ key }) => key)).size).toBe(8);
    expect(items).toHaveLength(8);
    expect(pages).toBe(3);
    expect(server.targets.map(({ searchParams }) => searchParams.get('sysparm_offset'))).toEqual([
      '0',
      '0',
      '0',
    ]);
  });

  test('ends for rows that the user may not see, however many stand before others', async () => {
    const visible = [addTask(second(0))];
    for (let index = 1; index <= 50; index += 1) server.records.hidden.add(addTask(second(index)));
    visible.push(addTask(second(60)), addTask(second(61)));
    server.records.hidden.add(addTask(second(62)));

    const { items, cursor } = await sync(null);

    expect(items.map(({ key }) => key)).toEqual(visible);
    const late = addTask(second(63));
    expect((await sync(cursor)).items.map(({ key }) => key)).toEqual([late]);
  });

  test('looks again at the last minute: a change may be seen later than it began', async () => {
    const now = Date.now();
    const old = addTask(new Date(now - 3_600_000));
    const fresh = addTask(new Date(now - 2_000));
    const first = await sync(null);

    const late = addTask(new Date(now - 20_000));
    const again = await sync(first.cursor);

    expect(first.items.map(({ key }) => key)).toEqual([old, fresh]);
    expect(again.items.map(({ key }) => key)).toEqual([late, fresh]);
  });

  test('looks again also after it was interrupted within the last minute', async () => {
    const now = Date.now();
    for (let index = 0; index < 4; index += 1) addTask(new Date(now - 10_000 + index * 1_000));
    const interrupted = await page(null);

    const late = addTask(new Date(now - 30_000));
    const rest = await sync(interrupted.cursor);
    const next = await sync(rest.cursor);

    expect(interrupted.hasMore).toBe(true);
    expect(next.items.map(({ key }) => key)).toContain(late);
  });

  test('is of one table where it has a scope', async () => {
    addTask(second(1), {}, 'problem');
    const incident = addTask(second(2));

    expect((await page(null, 'incident')).items.map(({ key }) => key)).toEqual([incident]);
  });

  // Attack: a scope that leads to another path, or to the users of the instance.
  test.each(['../../x', 'incident?sysparm_query=', 'incident/1', 'Incident table'])(
    'of the scope %j asks for nothing',
    async (scope) => {
      await expect(page(null, scope)).rejects.toThrow(/name of a table/);
      expect(server.requests).toEqual([]);
    },
  );

  // Attack: a stored cursor that adds a condition, or a script that the instance evaluates.
  test('begins anew from a cursor that would change the query', async () => {
    const key = addTask(second(1));
    const forged = { at: '2026-03-01 10:00:00^ORnumberISNOTEMPTY', id: 'javascript:gs.log(1)', back: null };

    const { items } = await page(JSON.stringify(forged));

    expect(items.map((item) => item.key)).toEqual([key]);
    expect(server.targets.at(-1)?.searchParams.get('sysparm_query')).toBe(
      'sys_updated_on>=1970-01-01 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id',
    );
  });

  test('says what is wrong where records have no time that is shown', async () => {
    addTask(second(1));
    // A field that the user may not read is left out.
    for (const task of server.records.tasks.values()) delete task['sys_updated_on'];

    await expect(page(null)).rejects.toThrow(/sys_updated_on/);
  });
});

// Attacks: words that add conditions to a query, or have the instance evaluate them.
test.each([
  ['x^ORsys_class_name=sys_user^', 'x ORsys_class_name sys_user'],
  ['javascript:gs.log(1)', 'javascript gs.log 1'],
])('a search looks for words alone: %j', async (search, words) => {
  await connector.listItems(connect(), { search, size: 2, token: null }, until());

  expect(server.targets.at(-1)?.searchParams.get('sysparm_query')).toBe(
    `short_descriptionLIKE${words}^ORdescriptionLIKE${words}^ORnumberSTARTSWITH${words}^ORDERBYDESCsys_updated_on`,
  );
});

test('pages of a list go on behind rows that the user may not see', async () => {
  const keys = Array.from({ length: 7 }, (_, index) => addTask(second(index)));
  for (const key of keys.slice(2, 5)) server.records.hidden.add(key);
  const found: string[] = [];
  let token: string | null = null;

  do {
    const list = await connector.listItems(connect(), { search: null, size: 2, token }, until());
    found.push(...list.items.map(({ key }) => key));
    token = list.next;
  } while (token !== null);

  expect(found).toEqual([keys[6], keys[5], keys[1], keys[0]]);
});

describe('a step', () => {
  test('that closes an incident says how it was closed, as the instance requires', async () => {
    const key = addTask(second(1));

    const steps = (await connector.listTransitions(connect(), key, until())) ?? [];
    const resolved = await connector.transitionItem(
      connect(),
      { key, transitionId: '6:Solution provided' },
      until(),
    );

    expect(steps.map(({ name }) => name)).toEqual([
      'In Progress',
      'On Hold',
      'Resolved: Solution provided',
      'Resolved: Resolved by caller',
      'Resolved: Duplicate',
      'Closed: Solution provided',
      'Closed: Resolved by caller',
      'Closed: Duplicate',
      'Canceled',
    ]);
    expect(resolved?.state).toBe('Resolved');
    expect(server.records.tasks.get(key)).toMatchObject({
      close_code: 'Solution provided',
      close_notes: 'Set to Resolved by Flowgrid.',
    });
  });

  test('names the fields that are missing where the instance has no close codes to offer', async () => {
    const key = addTask(second(1));
    const codes = server.records.choices.filter(({ element }) => element === 'close_code');
    for (const choice of codes) choice['element'] = 'gone';

    const moving = connector.transitionItem(connect(), { key, transitionId: '7' }, until());

    await expect(moving).rejects.toThrow(
      'ServiceNow requires close_code and close_notes for this state, which only a person there can fill in.',
    );
  });

  test('names the fields that a data policy of the company requires', async () => {
    const key = addTask(second(1));
    server.fail('POLICY', { on: /^PATCH/ });

    const moving = connector.transitionItem(connect(), { key, transitionId: '2' }, until());

    await expect(moving).rejects.toThrow(
      'ServiceNow requires assignment_group and category (403), which only a person there can fill in.',
    );
  });

  test('is named in the language in which the ticket is shown', async () => {
    server.records.language = 'de';
    const key = addTask(second(1), {}, 'sc_task');

    const steps = (await connector.listTransitions(connect(), key, until())) ?? [];
    const moved = await connector.transitionItem(connect(), { key, transitionId: '2' }, until());

    expect(steps.map(({ toState }) => toState)).toEqual([
      'Ausstehend',
      'In Arbeit',
      'Vollständig geschlossen',
      'Unvollständig geschlossen',
    ]);
    expect(moved?.state).toBe('In Arbeit');
  });

  test('that is left out without a word is not taken for done', async () => {
    const user = server.records.addUser({ name: 'limited', password: 'x', cannotWrite: ['state'] });
    const key = addTask(second(1));

    const moving = connector.transitionItem(connect(user), { key, transitionId: '2' }, until());

    await expect(moving).rejects.toThrow(/did not set the state/);
  });

  test('that the rights forbid says which role allows it', async () => {
    const user = server.records.addUser({ name: 'reader', password: 'x', roles: ['sn_incident_read'] });
    const key = addTask(second(1));

    const moving = connector.transitionItem(connect(user), { key, transitionId: '2' }, until());

    await expect(moving).rejects.toThrow(/\(403\)\. Grant the role itil/);
  });
});

describe('a comment', () => {
  const comment = (user: Pick<User, 'name' | 'password'>, key: string, body = 'Paid.') =>
    connector.addComment(connect(user), { key, body }, until());

  test('is one that the caller reads, and no work note', async () => {
    const key = addTask(second(1));

    const made = await comment(SERVICENOW_AGENT, key);

    expect(server.records.journal).toMatchObject([{ element: 'comments', value: 'Paid.' }]);
    expect(made?.id).toBe(server.records.journal[0]?.['sys_id']);
    expect(made?.url).toContain('nav_to.do?uri=incident.do');
  });

  test('that is left out without a word is not taken for kept', async () => {
    const user = server.records.addUser({ name: 'limited', password: 'x', cannotWrite: ['comments'] });

    await expect(comment(user, addTask(second(1)))).rejects.toThrow(/did not keep the comment/);
  });

  test('has an id of its own also where the journal may not be read', async () => {
    const key = addTask(second(1));
    server.fail('FORBIDDEN', { on: /sys_journal_field/ });

    expect((await comment(SERVICENOW_AGENT, key))?.id).toMatch(/^[0-9a-f]{32}\.1$/);
  });

  // Attack: a text that the instance evaluates as a script.
  test('that begins like a script is none', async () => {
    const key = addTask(second(1));

    await comment(SERVICENOW_AGENT, key, 'javascript:gs.log(1)');

    expect(server.records.journal[0]?.['value']).toBe('javascript :gs.log(1)');
  });
});

describe('a new ticket', () => {
  const create = (container: string, type: string | null = null) =>
    connector.createItem(connect(), { container, type, title: 'Late', body: '' }, until());

  // Attack: making users, scripts or settings of the instance instead of tickets.
  test.each([
    'sys_user',
    'sys_script',
    'sys_properties',
    'sys_user_has_role',
    'sys_app_task',
    'cmdb_ci',
    'oauth_entity',
  ])('is never made in %s', async (table) => {
    await expect(create(table)).rejects.toThrow(/table of tickets/);
    expect(server.requests).toEqual([]);
  });

  test('is made in every table of tickets that the instance has', async () => {
    const made = [
      await create('problem'),
      await create('sc_task', 'Catalog Task'),
      await create('change_request'),
    ];

    expect(made.map(({ key, type }) => [key.replace(/\d+/, ''), type])).toEqual([
      ['PRB', 'Problem'],
      ['SCTASK', 'Catalog Task'],
      ['CHG', 'Change Request'],
    ]);
    await expect(create('u_legal_case')).rejects.toThrow(/no such table \(400\)/);
    await expect(create('incident', 'Bug')).rejects.toThrow(/leave the type out/);
  });
});

describe('a check', () => {
  const check = async (user: Pick<User, 'name' | 'password'>) => {
    const { capabilities } = await connector.check(connect(user), until());
    return Object.fromEntries(capabilities.map(({ capability, status }) => [capability, status]));
  };

  test('leaves open what a role of the company may allow', async () => {
    addTask(second(1));
    const user = server.records.addUser({ name: 'custom', password: 'x', roles: ['x_acme_clerk'] });

    expect(await check(user)).toEqual({
      READ_ITEMS: 'MISSING',
      CREATE_ITEMS: 'MISSING',
      COMMENT: 'MISSING',
      TRANSITION: 'MISSING',
      SYNC: 'MISSING',
    });
    server.records.tasks.clear();
    expect(await check(user)).toMatchObject({ READ_ITEMS: 'UNKNOWN', COMMENT: 'UNKNOWN' });
  });

  test('says what to grant where the roles cannot be read', async () => {
    addTask(second(1));
    server.fail('FORBIDDEN', { on: /sys_user_has_role/ });

    const { permissions, capabilities } = await connector.check(connect(), until());

    expect(permissions).toEqual([]);
    expect(capabilities.map(({ status }) => status)).toEqual([
      'AVAILABLE',
      'UNKNOWN',
      'UNKNOWN',
      'UNKNOWN',
      'AVAILABLE',
    ]);
    expect(capabilities[1]?.missing).toMatch(/role itil/);
  });

  test('names the role that the API itself asks for', async () => {
    server.restrictsRest = true;

    await expect(connector.check(connect(), until())).rejects.toThrow(
      /forbids this \(403\).*snc_platform_rest_api_access/,
    );
  });
});

test('an instance that is asleep is said to be', async () => {
  server.fail('PAGE');

  await expect(connector.findItem(connect(), 'INC0010001', until())).rejects.toThrow(
    "The answer is not one of ServiceNow's API: the instance is asleep. Wake it up in a browser.",
  );
});
