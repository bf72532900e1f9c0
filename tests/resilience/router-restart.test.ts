/** A router that is told to end: clients are sent away in order, and lose nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../testkit/database.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { listEvents, openRows, type DatabaseRows } from './database-rows.ts';
import { CONTEXT_OPERATION, expectWholeStory, followDesign, startDesign } from './design-journey.ts';
import { startHoldingProxy, type HoldingProxy } from './holding-proxy.ts';

let stack: AsyncDisposableStack;
let rows: DatabaseRows;
let platform: TestPlatform;
let tenant: TestTenant;
/** Before the integrations subgraph, for the worker and for the routers. */
let proxy: HoldingProxy;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  rows = stack.use(await openRows(database.superuserUrl));
  proxy = stack.use(await startHoldingProxy());
  platform = stack.use(
    await createPlatform({
      database,
      env: {
        'design-worker': { INTEGRATIONS_URL: proxy.url },
        router: { SUBGRAPH_INTEGRATIONS_URL: proxy.url },
      },
    }),
  );
  proxy.forwardTo(platform.url('integrations'));
  const services = ['auth', 'agents', 'design', 'integrations', 'design-worker'] as const;
  await Promise.all(services.map((name) => platform.start(name)));
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), database);
});
afterAll(() => stack.disposeAsync());

test('a router that ends closes sockets with 1001; at another one the client goes on after what it saw', async () => {
  const first = await platform.start('router', {});
  const hold = proxy.hold(CONTEXT_OPERATION, 'request');
  const id = await startDesign(tenant);
  const { accessToken: token } = tenant.users.EDITOR;
  await using before = followDesign(first.url, { id, token });
  await before.reaches('RUNNING');

  first.kill('SIGTERM');
  const end = await before.ended;
  hold.release();
  await using after = followDesign(platform.url('router'), { id, token, after: before.progress().length });
  const completed = await after.ended;

  expect(end).toEqual({ code: 1001, reason: 'Going away' });
  expect(completed).toBe('completed');
  const events = await listEvents(rows, id);
  expect([...before.progress(), ...after.progress()]).toMatchObject(
    events.map(({ sequence, message }) => ({ sequence, message })),
  );
  await expectWholeStory(rows, id);
  expect(await first.exited).toEqual({ code: 0, signal: null });
});

test('requests under way are answered before the router ends, and no new ones are taken', async () => {
  const ending = await platform.start('router', {});
  const hold = proxy.hold('HeldByTheTest', 'request');
  const query = 'query HeldByTheTest { integrations { id } viewer { user { email } } }';
  const url = `${ending.url}/graphql`;
  const { accessToken, email } = tenant.users.VIEWER;
  const answers = Promise.all([1, 2, 3].map(() => postGraphQL(url, { query }, accessToken)));
  await until('the requests are under way', () => hold.held === 3);

  ending.kill('SIGTERM');
  await until('no new request is taken', () =>
    fetch(`${ending.url}/livez`).then(
      () => false,
      () => true,
    ),
  );
  hold.release();

  for (const answer of await answers) {
    expect(dataOf(answer)).toEqual({ integrations: [], viewer: { user: { email } } });
  }
  expect(await ending.exited).toEqual({ code: 0, signal: null });
});
