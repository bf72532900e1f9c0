/** Messages of other systems: taken once, worked on once, and from nobody else. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  githubMessage,
  issuePayload,
  jiraMessage,
  standardMessage,
  timedMessage,
} from '../../../subgraphs/integrations/src/testkit/hook-messages.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import {
  DELETE_HOOK,
  DELIVERIES,
  HOOKS,
  RETRY_DELIVERY,
  ROTATE_HOOK,
  UPDATE_HOOK,
  listDeliveries,
  makeHook,
  send,
  worked,
  type HookData,
} from './hook-operations.ts';
import { CREATE } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

let service: IntegrationsService;
let tenant: TestTenant;
let integrationId: string;

beforeAll(async () => {
  service = await startIntegrations();
  await service.platform.start('delivery-worker');
  await holdOutbox(service.rows, 'integrations');
  tenant = await service.tenant();
  integrationId = await connect(tenant, 'GITHUB');
});
afterAll(() => service[Symbol.asyncDispose]());

const CREDENTIALS: Readonly<Record<string, object>> = {
  GITHUB: { token: `ghp_${'a'.repeat(36)}` },
  JIRA: { email: 'a@b.test', apiToken: 'token-of-jira' },
  SERVICENOW: { username: 'admin', password: 'secret' },
};

async function connect({ owner }: TestTenant, kind: string): Promise<string> {
  const input = { kind, name: newId(), baseUrl: `${service.vendor.url}/x`, credential: CREDENTIALS[kind] };
  const { result } = dataOf<{ result: { integration: { id: string } } }>(await owner(CREATE, { input }));
  return result.integration.id;
}

const T = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();
const issues = (delivery: string, secret: string, payload: object) =>
  githubMessage(secret, { event: 'issues', delivery, payload });
const itemEvents = async (id = tenant.id) =>
  (await listEvents(service.rows, 'integrations', id)).filter(({ type }) => type === 'external.item.changed');
const keptItem = async (key: string, id = tenant.id) =>
  (
    await service.rows<{ title: string; state: string }>(
      'SELECT title, state FROM integrations.external_item WHERE tenant_id = $1 AND key = $2',
      [id, key],
    )
  )[0];

test('a signed message is acknowledged, kept, worked on, and told to others', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const opened = issuePayload('opened', { number: 1, title: 'Claims are late', updatedAt: T(1) });

  const response = await send(service, path, issues('d-1', secret, opened));

  expect(response.status).toBe(202);
  expect(await worked(tenant, hook.id, 1)).toMatchObject([
    {
      deliveryKey: 'd-1',
      event: 'issues',
      state: 'DONE',
      itemKeys: ['acme/claims#1'],
      note: 'acme/claims#1 is new.',
    },
  ]);
  expect(await keptItem('acme/claims#1')).toEqual({ title: 'Claims are late', state: 'open' });
  const told = (await itemEvents()).filter(({ subject }) => subject === `${integrationId}:acme/claims#1`);
  expect(told.map(({ data, actorid }) => ({ data, actorid }))).toMatchObject([
    {
      actorid: hook.id,
      data: {
        integrationId,
        source: 'HOOK',
        change: 'CREATED',
        item: { key: 'acme/claims#1', title: 'Claims are late' },
      },
    },
  ]);
});

test('a message that comes after the deletion of its item tells nothing and keeps nothing', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const tell = async (delivery: string, action: string, second: number, count: number) => {
    const payload = issuePayload(action, { number: 77, title: 'Secret claim', updatedAt: T(second) });
    await send(service, path, issues(delivery, secret, payload));
    return worked(tenant, hook.id, count);
  };

  await tell('late-1', 'opened', 1, 1);
  await tell('late-2', 'deleted', 2, 2);
  const deliveries = await tell('late-3', 'edited', 2, 3);

  expect(deliveries.find(({ deliveryKey }) => deliveryKey === 'late-3')?.note).toBe(
    'Nothing that was not known.',
  );
  expect(await keptItem('acme/claims#77')).toEqual({ title: '', state: '' });
  const told = (await itemEvents()).filter(({ subject }) => subject === `${integrationId}:acme/claims#77`);
  expect(told.map(({ data }) => data)).toMatchObject([{ change: 'CREATED' }, { change: 'DELETED' }]);
});

test('a delivery that comes a hundred times at once is kept and worked on once', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const opened = issuePayload('opened', { number: 2, title: 'Once', updatedAt: T(1) });
  const message = issues('d-2', secret, opened);

  const responses = await Promise.all(Array.from({ length: 100 }, () => send(service, path, message)));

  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]));
  expect(await worked(tenant, hook.id, 1)).toHaveLength(1);
  const told = (await itemEvents()).filter(({ subject }) => subject === `${integrationId}:acme/claims#2`);
  expect(told).toHaveLength(1);
});

test('a message that was overtaken does not bring an older state back', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const closed = issuePayload('closed', { number: 3, title: 'Newer', updatedAt: T(9), state: 'closed' });
  const edited = issuePayload('edited', { number: 3, title: 'Older', updatedAt: T(5) });

  await send(service, path, issues('d-3b', secret, closed));
  await worked(tenant, hook.id, 1);
  await send(service, path, issues('d-3a', secret, edited));
  const deliveries = await worked(tenant, hook.id, 2);

  expect(deliveries[0]).toMatchObject({
    deliveryKey: 'd-3a',
    state: 'DONE',
    note: 'Nothing that was not known.',
  });
  expect(await keptItem('acme/claims#3')).toEqual({ title: 'Newer', state: 'closed' });
});

test('what cannot be read fails with a reason that quotes nothing, is kept, and can be worked on again', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });

  await send(
    service,
    path,
    issues('d-4', secret, { action: 'opened', issue: { title: 7 }, repository: 'poison-word' }),
  );
  const [failed] = await worked(tenant, hook.id, 1);
  await tenant.owner(RETRY_DELIVERY, { input: { id: failed?.id } });
  const [again] = await worked(tenant, hook.id, 1);

  expect(failed).toMatchObject({ state: 'FAILED', attempt: 1, note: expect.stringContaining('repository') });
  expect(failed?.note).not.toContain('poison-word');
  expect(again).toMatchObject({ state: 'FAILED', attempt: 2 });
  expect(service.platform.log.join('\n')).not.toContain('poison-word');
});

test('a ping of GitHub is taken and comes to nothing', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const ping = { zen: 'Keep it logically awesome.', hook_id: 1, hook: {} };

  const response = await send(
    service,
    path,
    githubMessage(secret, { event: 'ping', delivery: 'd-5', payload: ping }),
  );

  expect(response.status).toBe(202);
  expect(await worked(tenant, hook.id, 1)).toMatchObject([{ event: 'ping', state: 'IGNORED' }]);
});

describe('all that is not a signed message to a hook that is there', () => {
  // An answer that differed would say which addresses are hooks.
  test('is answered alike', async () => {
    const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
    const disabled = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
    await tenant.owner(UPDATE_HOOK, { input: { id: disabled.hook.id, isEnabled: false } });
    const payload = issuePayload('opened', { number: 6, title: 'No', updatedAt: T(1) });
    const good = issues('d-6', secret, payload);
    const cases = {
      'wrong secret': send(service, path, issues('d-6', `${secret}x`, payload)),
      'no signature': send(service, path, { body: good.body, headers: {} }),
      'other body': send(service, path, { ...good, body: `${good.body} ` }),
      'cut signature': send(service, path, {
        ...good,
        headers: { ...good.headers, 'x-hub-signature-256': 'sha256=' },
      }),
      'unknown address': send(service, `/hooks/${'A'.repeat(32)}`, good),
      'no address': send(service, '/hooks/x', good),
      'the id instead of the address': send(service, `/hooks/${hook.id}`, good),
      disabled: send(service, disabled.path, issues('d-6', disabled.secret, payload)),
    };

    const answers = await Promise.all(
      Object.entries(cases).map(async ([name, sending]) => {
        const response = await sending;
        const headers = [...response.headers.keys()].filter((header) => header !== 'date').toSorted();
        return [name, { status: response.status, headers, body: await response.text() }] as const;
      }),
    );

    const shape = (text: string): string => text.replaceAll(/[0-9a-f-]{36}/g, '<id>');
    const [first] = answers;
    expect(first?.[1].status).toBe(404);
    for (const [name, { body, ...rest }] of answers) {
      expect({ name, ...rest, body: shape(body) }).toEqual({
        name,
        ...first?.[1],
        body: shape(first?.[1].body ?? ''),
      });
    }
    expect(await listDeliveries(tenant.owner, hook.id)).toEqual([]);
    expect(await listDeliveries(tenant.owner, disabled.hook.id)).toEqual([]);
  });

  test('a body above the limit is refused whole', async () => {
    const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
    const payload = { filler: 'x'.repeat(1_100_000) };

    const response = await send(service, path, issues('d-7', secret, payload));

    expect(response.status).toBe(413);
    expect(await listDeliveries(tenant.owner, hook.id)).toEqual([]);
  });

  test('a replay after the time of its signature is refused', async () => {
    const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GENERIC', integrationId });
    const at = new Date(Date.now() - 6 * 60_000);

    const response = await send(service, path, standardMessage(secret, { id: 'm-1', payload: {}, at }));

    expect(response.status).toBe(404);
    expect(await listDeliveries(tenant.owner, hook.id)).toEqual([]);
  });
});

test.each([
  ['deep', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ['prototype keys', '{"__proto__":{"key":"x"},"constructor":{"prototype":{}}}'],
  ['no JSON', 'key=value'],
  ['nothing', ''],
  ['null', 'null'],
  ['not UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
])('a signed message with a hostile body (%s) harms nothing', async (_name, body) => {
  const mapping = { key: '/key', title: '/title' };
  const { hook, secret, path } = await makeHook(tenant.owner, {
    kind: 'GENERIC',
    verification: 'HMAC_SHA256',
    integrationId,
    mapping,
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  const headers = {
    'content-type': 'text/plain',
    'x-delivery-id': 'h-1',
    'x-timestamp': timestamp,
    'x-signature': `sha256=${signature}`,
  };

  const response = await send(service, path, { headers, body });

  expect(response.status).toBe(202);
  expect(await worked(tenant, hook.id, 1)).toMatchObject([{ state: 'FAILED' }]);
});

test('messages of Jira, ServiceNow and any sender become items', async () => {
  const jira = await connect(tenant, 'JIRA');
  const serviceNow = await connect(tenant, 'SERVICENOW');
  const fromJira = await makeHook(tenant.owner, { kind: 'JIRA', integrationId: jira });
  const fromServiceNow = await makeHook(tenant.owner, { kind: 'SERVICENOW', integrationId: serviceNow });
  const mapping = { key: '/ticket/id', title: '/ticket/name', change: '/what', changes: { open: 'CREATED' } };
  const generic = { kind: 'GENERIC', verification: 'HMAC_SHA256', integrationId, mapping };
  const fromAny = await makeHook(tenant.owner, generic);
  const fields = { summary: 'Late', status: { name: 'Open' }, issuetype: { name: 'Bug' }, updated: T(3) };
  const record = 'a'.repeat(32);
  const task = (version: number, title: string) =>
    standardMessage(fromServiceNow.secret, {
      id: `${record}-${version}`,
      payload: {
        operation: 'update',
        table: 'incident',
        sys_id: record,
        number: 'INC0010001',
        short_description: title,
        state: 'New',
        // ServiceNow tells seconds: versions within one are told apart by their number alone.
        sys_updated_on: '2026-01-01 12:00:00',
      },
    });

  await send(
    service,
    fromJira.path,
    jiraMessage(fromJira.secret, {
      identifier: 'j-1',
      payload: { webhookEvent: 'jira:issue_created', issue: { key: 'OPS-12', fields } },
    }),
  );
  await send(service, fromServiceNow.path, task(8, 'Later'));
  await worked(tenant, fromServiceNow.hook.id, 1);
  await send(service, fromServiceNow.path, task(7, 'Earlier'));
  await send(
    service,
    fromAny.path,
    timedMessage(fromAny.secret, { id: 'g-1', payload: { ticket: { id: 77, name: 'Any' }, what: 'open' } }),
  );

  expect(await worked(tenant, fromJira.hook.id, 1)).toMatchObject([
    { state: 'DONE', note: 'OPS-12 is new.' },
  ]);
  expect(await worked(tenant, fromServiceNow.hook.id, 2)).toMatchObject([
    { state: 'IGNORED' },
    { state: 'DONE' },
  ]);
  expect(await worked(tenant, fromAny.hook.id, 1)).toMatchObject([{ state: 'DONE', note: '77 is new.' }]);
  expect(await keptItem('OPS-12')).toEqual({ title: 'Late', state: 'Open' });
  expect(await keptItem('INC0010001')).toEqual({ title: 'Later', state: 'New' });
});

test('a comment in Jira, which tells little of the issue, takes nothing away from what is known', async () => {
  const jira = await connect(tenant, 'JIRA');
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'JIRA', integrationId: jira });
  const fields = {
    summary: 'Whole',
    description: 'All of it',
    status: { name: 'Open' },
    issuetype: { name: 'Bug' },
    updated: T(3),
  };
  const issue = { webhookEvent: 'jira:issue_created', issue: { key: 'OPS-40', fields } };
  const comment = {
    webhookEvent: 'comment_created',
    comment: { body: 'Hm' },
    issue: { key: 'OPS-40', fields: { summary: 'Whole' } },
  };

  await send(service, path, jiraMessage(secret, { identifier: 'c-1', payload: issue }));
  await worked(tenant, hook.id, 1);
  await send(service, path, jiraMessage(secret, { identifier: 'c-2', payload: comment }));
  await worked(tenant, hook.id, 2);

  const rows = await service.rows<{ body: string }>(
    `SELECT body, state FROM integrations.external_item WHERE tenant_id = $1 AND key = 'OPS-40'`,
    [tenant.id],
  );
  const told = (await itemEvents()).filter(({ subject }) => subject === `${jira}:OPS-40`);
  expect(rows).toEqual([{ body: 'All of it', state: 'Open' }]);
  expect(told.map(({ data }) => (data as { change: string }).change)).toEqual(['CREATED', 'COMMENTED']);
});

test('a rotated secret is taken beside the former one until the overlap is over', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const rotate = async (overlapHours: number): Promise<string> => {
    const input = { id: hook.id, overlapHours };
    return dataOf<{ result: { secret: string } }>(await tenant.owner(ROTATE_HOOK, { input })).result.secret;
  };
  const payload = issuePayload('opened', { number: 8, title: 'Both', updatedAt: T(1) });
  const statusWith = async (by: string, delivery: string): Promise<number> =>
    (await send(service, path, issues(delivery, by, payload))).status;

  const second = await rotate(1);
  const both = [await statusWith(secret, 'r-1'), await statusWith(second, 'r-2')];
  const third = await rotate(0);
  // The service remembers a hook for two seconds.
  await expect.poll(() => statusWith(secret, 'r-3'), { timeout: 10_000 }).toBe(404);
  const after = [await statusWith(second, 'r-4'), await statusWith(third, 'r-5')];

  expect(both).toEqual([202, 202]);
  expect(after).toEqual([404, 202]);
});

test('no secret of a hook is stored or logged in the clear, or shown a second time', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  await send(
    service,
    path,
    issues('s-1', secret, issuePayload('opened', { number: 9, title: 'S', updatedAt: T(1) })),
  );
  await worked(tenant, hook.id, 1);

  const stored = await service.rows(
    `SELECT to_jsonb(s)::text AS row FROM integrations.inbound_hook_secret s WHERE hook_id = $1
     UNION ALL SELECT to_jsonb(c)::text FROM integrations.inbound_delivery_content c WHERE tenant_id = $2
     UNION ALL SELECT to_jsonb(e)::text FROM integrations.outbox_event e WHERE tenant_id = $2
     UNION ALL SELECT to_jsonb(a)::text FROM integrations.audit_event a WHERE tenant_id = $2`,
    [hook.id, tenant.id],
  );
  const shown = await tenant.owner(HOOKS);

  expect(JSON.stringify(stored)).not.toContain(secret);
  expect(JSON.stringify(stored)).not.toContain('x-hub-signature');
  expect(JSON.stringify(shown.data)).not.toContain(secret);
  expect(service.platform.log.join('\n')).not.toContain(secret);
  expect(service.platform.log.join('\n')).not.toContain(path);
});

test('each change of a hook is one row of the audit and one event of the same id', async () => {
  const fresh = await service.tenant();
  const { hook } = await makeHook(fresh.owner, { kind: 'GENERIC' });
  await fresh.owner(UPDATE_HOOK, { input: { id: hook.id, name: 'Renamed', isEnabled: false } });
  await fresh.owner(UPDATE_HOOK, { input: { id: hook.id, name: 'Renamed' } });
  await fresh.owner(ROTATE_HOOK, { input: { id: hook.id } });
  await fresh.owner(DELETE_HOOK, { input: { id: hook.id } });

  const audit = await listAudit(service.rows, 'integrations', fresh.id);
  const events = await listEvents(service.rows, 'integrations', fresh.id);

  expect(audit.map(({ action }) => action)).toEqual([
    'inbound_hook.created',
    'inbound_hook.updated',
    'inbound_hook.secret_rotated',
    'inbound_hook.deleted',
  ]);
  expect(events.map(({ id, type }) => ({ id, action: type }))).toEqual(audit);
});

test('creating a hook twice with one id makes one, whose secret is shown to the first only', async () => {
  const fresh = await service.tenant();
  const input = { id: newId(), kind: 'GENERIC', name: 'Same' };

  const first = await makeHook(fresh.owner, input);
  const second = await makeHook(fresh.owner, input);
  const { inboundHooks } = dataOf<{ inboundHooks: readonly HookData[] }>(await fresh.owner(HOOKS));

  expect(second.hook).toEqual(first.hook);
  expect([first.secret === '', second.secret === '']).toEqual([false, true]);
  expect(inboundHooks).toHaveLength(1);
});

test('another tenant sees and changes nothing, and who may not manage neither', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  await send(
    service,
    path,
    issues('t-1', secret, issuePayload('opened', { number: 10, title: 'T', updatedAt: T(1) })),
  );
  const [delivery] = await worked(tenant, hook.id, 1);
  const stranger = await service.tenant();

  const foreign = [
    await stranger.owner(UPDATE_HOOK, { input: { id: hook.id, name: 'Mine' } }),
    await stranger.owner(ROTATE_HOOK, { input: { id: hook.id } }),
    await stranger.owner(DELETE_HOOK, { input: { id: hook.id } }),
    await stranger.owner(RETRY_DELIVERY, { input: { id: delivery?.id } }),
  ];
  const viewer = [
    await tenant.viewer(HOOKS),
    await tenant.viewer(DELIVERIES, { hookId: hook.id }),
    await tenant.viewer(DELETE_HOOK, { input: { id: hook.id } }),
  ];
  const listed = await stranger.owner(DELIVERIES, { hookId: hook.id });

  expect(foreign.map(codesOf)).toEqual(foreign.map(() => ['NOT_FOUND']));
  expect(viewer.map(codesOf)).toEqual(viewer.map(() => ['FORBIDDEN']));
  expect(listed).toMatchObject({ data: { inboundDeliveries: null }, errors: [] });
});

test('pages of deliveries follow each other without gap', async () => {
  const { hook, secret, path } = await makeHook(tenant.owner, { kind: 'GITHUB', integrationId });
  const ping = { zen: 'Practicality beats purity.' };
  for (const delivery of ['p-1', 'p-2', 'p-3']) {
    await send(service, path, githubMessage(secret, { event: 'ping', delivery, payload: ping }));
  }
  const page = async (after: string | null) =>
    dataOf<{
      inboundDeliveries: {
        edges: { cursor: string; node: { deliveryKey: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    }>(await tenant.owner(DELIVERIES, { hookId: hook.id, first: 2, after })).inboundDeliveries;

  const first = await page(null);
  const second = await page(first.pageInfo.endCursor);

  const keys = [...first.edges, ...second.edges].map(({ node }) => node.deliveryKey);
  expect(keys).toEqual(['p-3', 'p-2', 'p-1']);
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
});
