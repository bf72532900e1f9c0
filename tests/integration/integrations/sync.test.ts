/** Following what changes at a connected system: everything once, then changes as events, through whatever goes wrong there. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { holdOutbox } from '../../testkit/outbox.ts';
import {
  AGENT,
  APP,
  NOW,
  START,
  STOP,
  SYNCS,
  startSyncBench,
  type SyncBench,
  type SyncData,
  type SyncPayload,
  type SyncTenant,
} from './sync-bench.ts';

let bench: SyncBench;

beforeAll(async () => {
  bench = await startSyncBench();
  // Nothing is handed over, so that the events can be looked at.
  await holdOutbox(bench.rows, 'integrations');
});
afterAll(() => bench[Symbol.asyncDispose]());
afterEach(() => {
  bench.serviceNow.recover();
  bench.serviceNow.onRequest = null;
  bench.serviceNow.records.tasks.clear();
});

const PAGE = 100;
const UPDATE = `mutation($input: UpdateIntegrationInput!) { updateIntegration(input: $input) { errors { code } } }`;

const isIdle = ({ state, completedAt }: SyncData): boolean => state === 'IDLE' && completedAt !== null;
const pagesRead = (): number => bench.serviceNow.requests.filter((path) => path.includes('/table/')).length;

interface ItemEvent {
  readonly id: string;
  readonly subject: string;
  readonly data: {
    readonly source: string;
    readonly change: string;
    readonly item: { readonly key: string; readonly title: string };
  };
}

async function itemEvents({ id }: SyncTenant): Promise<readonly ItemEvent[]> {
  const rows = await bench.rows<{ body: string }>(
    `SELECT body FROM integrations.outbox_event WHERE tenant_id = $1 AND type = 'external.item.changed' ORDER BY sequence`,
    [id],
  );
  return rows.map(({ body }) => JSON.parse(body) as ItemEvent);
}

async function keptKeys({ id }: SyncTenant): Promise<readonly string[]> {
  const rows = await bench.rows<{ key: string }>(
    'SELECT key FROM integrations.external_item WHERE tenant_id = $1 ORDER BY key',
    [id],
  );
  return rows.map(({ key }) => key);
}

async function cursorOf({ id }: SyncTenant): Promise<string | null> {
  const [row] = await bench.rows<{ cursor: string | null }>(
    'SELECT cursor FROM integrations.integration_sync WHERE tenant_id = $1',
    [id],
  );
  return row?.cursor ?? null;
}

const change = (number: string, fields: Record<string, string>): void => {
  const task = bench.serviceNow.records.tasks.get(number);
  if (!task) throw new Error(`no ticket ${number}`);
  bench.serviceNow.records.changeTask(task, fields, new Date());
};

describe('what is followed', () => {
  test('is read whole once without events, and then what changed with one each', async () => {
    const tenant = await bench.tenant();
    const keys = bench.addTickets(2 * PAGE + 50);
    const id = await tenant.connect();

    const started = await tenant.start(id);
    const first = await tenant.untilSync(id, 'everything was read', isIdle);
    const eventsOfFirst = await itemEvents(tenant);
    change(keys[3] ?? '', { short_description: 'Claim 4 is late' });
    const [fresh = ''] = bench.addTickets(1);
    change(fresh, { description: 'New' });
    const second = await tenant.run(id);

    expect(started).toMatchObject({ scope: null, everyMinutes: 15, state: 'QUEUED', completedAt: null });
    expect(first).toMatchObject({ itemsRead: 250, itemsCreated: 250, itemsUpdated: 0, lastError: null });
    expect(eventsOfFirst).toEqual([]);
    expect(await keptKeys(tenant)).toEqual([...keys, fresh].toSorted());
    expect(second).toMatchObject({ state: 'IDLE', itemsCreated: 1, itemsUpdated: 1 });
    const events = await itemEvents(tenant);
    const told = events.map(({ data, subject }) => [data.change, data.source, data.item.title, subject]);
    // Both of one second: in whichever order the instance has their records.
    expect(told.toSorted(([one = ''], [other = '']) => one.localeCompare(other))).toEqual([
      ['CREATED', 'SYNC', bench.serviceNow.records.tasks.get(fresh)?.['short_description'], `${id}:${fresh}`],
      ['UPDATED', 'SYNC', 'Claim 4 is late', `${id}:${keys[3]}`],
    ]);
    expect(JSON.stringify(events)).not.toContain('description');
  });

  test('is read again at its interval, and tells what happened to whoever watches', async () => {
    const tenant = await bench.tenant();
    const [key = ''] = bench.addTickets(1);
    const id = await tenant.connect();
    await tenant.start(id);
    const first = await tenant.untilSync(id, 'everything was read', isIdle);
    change(key, { state: '2' });

    await bench.rows('UPDATE integrations.integration_sync SET due_at = now() WHERE tenant_id = $1', [
      tenant.id,
    ]);
    const second = await tenant.untilSync(
      id,
      'it was read again',
      (sync) => isIdle(sync) && sync.finishedAt !== first.finishedAt,
    );

    const waits = Date.parse(second.nextRunAt ?? '') - Date.parse(second.finishedAt ?? '');
    expect(waits / 60_000).toBeCloseTo(15, 0);
    const rows = await bench.rows<{ kind: string; message: string }>(
      `SELECT kind, message FROM integrations.integration_event WHERE tenant_id = $1 AND kind <> 'STATUS_CHANGED' ORDER BY sequence`,
      [tenant.id],
    );
    expect(rows).toEqual([
      { kind: 'SYNC_FINISHED', message: '1 item read: 1 new, 0 changed.' },
      { kind: 'ITEMS_CHANGED', message: '1 item new or changed.' },
      { kind: 'SYNC_FINISHED', message: '1 item read: 0 new, 1 changed.' },
    ]);
  });

  test('begins anew when the integration leads to another system', async () => {
    const tenant = await bench.tenant();
    bench.addTickets(2);
    const id = await tenant.connect();
    await tenant.start(id);
    await tenant.untilSync(id, 'everything was read', isIdle);
    const input = { id, baseUrl: bench.otherServiceNow.url, credential: AGENT };
    bench.otherServiceNow.records.addTask('problem', { short_description: 'Other' }, new Date(0));

    expect(codesOf(await tenant.owner(UPDATE, { input }))).toEqual([]);
    const sync = await tenant.untilSync(id, 'everything was read', isIdle);

    expect(sync).toMatchObject({ itemsRead: 1, itemsCreated: 1 });
    expect(await keptKeys(tenant)).toEqual(['PRB0010001']);
    expect(await itemEvents(tenant)).toEqual([]);
  });
});

describe('a sync goes on', () => {
  test('after a 401 in the middle, with another sign-in', async () => {
    const tenant = await bench.tenant();
    const keys = bench.addTickets(2 * PAGE + 1);
    const id = await tenant.connect(APP);
    let pages = 0;
    bench.serviceNow.onRequest = ({ path }) => {
      if (!path.includes('/table/')) return;
      pages += 1;
      if (pages === 2) bench.serviceNow.oauth.expireTokens();
    };

    await tenant.start(id);
    const sync = await tenant.untilSync(id, 'everything was read', isIdle);

    expect(sync).toMatchObject({ itemsRead: keys.length, lastError: null });
    // One of them twice.
    expect(pages).toBe(4);
  });

  test('where it was when the limit is over, and is not taken for failed meanwhile', async () => {
    const tenant = await bench.tenant();
    const keys = bench.addTickets(3 * PAGE);
    const id = await tenant.connect();
    bench.serviceNow.limitTo(2, 2);
    const before = pagesRead();

    await tenant.start(id);
    const waiting = await tenant.untilSync(
      id,
      'it waits',
      ({ state, itemsRead }) => state === 'QUEUED' && itemsRead === 2 * PAGE,
    );
    bench.serviceNow.recover();
    const sync = await tenant.untilSync(id, 'everything was read', isIdle);

    expect(waiting).toMatchObject({ lastError: null, finishedAt: null });
    expect(Date.parse(waiting.nextRunAt ?? '')).toBeGreaterThan(Date.parse(waiting.startedAt ?? ''));
    expect(sync).toMatchObject({ itemsRead: keys.length, itemsCreated: keys.length });
    expect(await keptKeys(tenant)).toEqual(keys.toSorted());
    expect(pagesRead() - before).toBeLessThanOrEqual(5);
  });

  test.each([
    ['BROKEN', /failure of its own \(503\)/],
    ['MALFORMED', /not one of ServiceNow's API/],
    ['PAGE', /instance is asleep/],
    ['FORBIDDEN', /\(403\)/],
  ] as const)('from its cursor after answers that are %s, and says why it failed', async (fault, words) => {
    const tenant = await bench.tenant();
    const keys = bench.addTickets(2 * PAGE + 1);
    const id = await tenant.connect();
    bench.serviceNow.fail(fault, { after: 1, times: 50 });

    await tenant.start(id);
    const failed = await tenant.untilSync(id, 'it failed', ({ state }) => state === 'FAILED');
    const cursor = await cursorOf(tenant);
    bench.serviceNow.recover();
    const sync = await tenant.run(id);

    expect(failed).toMatchObject({ itemsRead: PAGE, completedAt: null });
    expect(failed.lastError).toMatch(words);
    expect(cursor).toContain('2026-03-01');
    expect(sync).toMatchObject({ state: 'IDLE', itemsRead: PAGE + 1, lastError: null });
    expect(await keptKeys(tenant)).toEqual(keys.toSorted());
    const told = await bench.rows<{ type: string }>(
      `SELECT type FROM integrations.outbox_event WHERE tenant_id = $1 AND type = 'integration.sync_failed'`,
      [tenant.id],
    );
    expect(told).toHaveLength(1);
  });
});

describe('who may', () => {
  test('starting needs one permission, running another, and seeing a third', async () => {
    const tenant = await bench.tenant();
    const id = await tenant.connect();
    const [editor, viewer] = [await tenant.as('EDITOR'), await tenant.as('VIEWER')];
    const { id: syncId } = await tenant.start(id);
    const input = { id: syncId };

    expect(codesOf(await editor(START, { input: { integrationId: id } }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await editor(STOP, { input }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await editor(NOW, { input }))).toEqual([]);
    expect(codesOf(await viewer(NOW, { input }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await viewer(SYNCS, { id }))).toEqual([]);
  });

  // Attack: following, running or ending what another tenant follows.
  test('what another tenant follows is as absent as nothing', async () => {
    const [tenant, stranger] = [await bench.tenant(), await bench.tenant()];
    const id = await tenant.connect();
    const { id: syncId } = await tenant.start(id);
    const ask = async (integrationId: string, sync: string): Promise<unknown> => [
      await stranger.owner(START, { input: { integrationId } }),
      await stranger.owner(NOW, { input: { id: sync } }),
      await stranger.owner(STOP, { input: { id: sync } }),
      await stranger.owner(SYNCS, { id: integrationId }),
    ];

    expect(await ask(id, syncId)).toEqual(await ask(newId(), newId()));
    expect(await tenant.find(id)).toMatchObject({ id: syncId });
  });
});

describe('input', () => {
  const start = async (tenant: SyncTenant, input: object): Promise<SyncPayload> =>
    dataOf<{ result: SyncPayload }>(await tenant.owner(START, { input })).result;

  test('that cannot be is said to be wrong where it is', async () => {
    const tenant = await bench.tenant();
    const integrationId = await tenant.connect();

    const wrong = [
      await start(tenant, { integrationId, everyMinutes: 4 }),
      await start(tenant, { integrationId, everyMinutes: 10_081 }),
      await start(tenant, { integrationId, scope: '' }),
      await start(tenant, { integrationId, scope: 'x'.repeat(201) }),
    ];

    expect(wrong.map(({ sync, errors }) => [sync, errors[0]?.code, errors[0]?.path])).toEqual([
      [null, 'INVALID', ['everyMinutes']],
      [null, 'INVALID', ['everyMinutes']],
      [null, 'REQUIRED', ['scope']],
      [null, 'TOO_LONG', ['scope']],
    ]);
  });

  test('starting twice changes the interval alone, and there is a bound', async () => {
    const tenant = await bench.tenant();
    const integrationId = await tenant.connect();
    const { sync: first } = await start(tenant, { integrationId, scope: 'incident' });

    const { sync: same } = await start(tenant, { integrationId, scope: ' incident ' });
    const { sync: rarer } = await start(tenant, { integrationId, scope: 'incident', everyMinutes: 60 });
    for (let index = 1; index < 20; index += 1)
      await start(tenant, { integrationId, scope: `u_table_${index}` });
    const tooMany = await start(tenant, { integrationId, scope: 'problem' });

    expect([same?.id, rarer?.id]).toEqual([first?.id, first?.id]);
    expect([same?.everyMinutes, rarer?.everyMinutes]).toEqual([15, 60]);
    expect(tooMany.errors[0]?.code).toBe('LIMIT_REACHED');
  });
});

test('what was read stays when it is followed no longer, and a sync that is stopped is gone', async () => {
  const tenant = await bench.tenant();
  const keys = bench.addTickets(2);
  const id = await tenant.connect();
  const { id: syncId } = await tenant.start(id);
  await tenant.untilSync(id, 'everything was read', isIdle);

  const { sync } = dataOf<{ result: SyncPayload }>(
    await tenant.owner(STOP, { input: { id: syncId } }),
  ).result;
  const again = await tenant.owner(STOP, { input: { id: syncId } });

  expect(sync).toMatchObject({ id: syncId, itemsRead: 2 });
  expect(codesOf(again)).toEqual(['NOT_FOUND']);
  expect(await keptKeys(tenant)).toEqual(keys.toSorted());
});
