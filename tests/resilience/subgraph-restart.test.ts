/** The design subgraph goes away and comes back while a client follows a job: the client does not notice. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../testkit/database.ts';
import { codesOf, dataOf } from '../testkit/graphql.ts';
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
/** Between the worker and the integrations subgraph. */
let proxy: HoldingProxy;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  rows = stack.use(await openRows(database.superuserUrl));
  proxy = stack.use(await startHoldingProxy());
  platform = stack.use(
    await createPlatform({ database, env: { 'design-worker': { INTEGRATIONS_URL: proxy.url } } }),
  );
  proxy.forwardTo(platform.url('integrations'));
  const services = ['auth', 'agents', 'design', 'integrations', 'design-worker'] as const;
  await Promise.all(services.map((name) => platform.start(name)));
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), database);
});
afterAll(() => stack.disposeAsync());

const APPROVE = `mutation Approve($input: ApproveProcessModelInput!) {
  approveProcessModel(input: $input) { session { state } errors { code } } }`;

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a subscription outlives a %s of the subgraph, on the same socket, and misses nothing',
  async (signal) => {
    const hold = proxy.hold(CONTEXT_OPERATION, 'request');
    const id = await startDesign(tenant, { reviewProcess: true });
    const { accessToken: token } = tenant.users.VIEWER;
    await using followed = followDesign(platform.url('router'), { id, token });
    await followed.reaches('RUNNING');
    await until('the worker is in the middle of the job', () => hold.held > 0);
    const design = platform.process('design');

    design.kill(signal);
    await design.exited;
    hold.release();
    await until('the job goes on meanwhile', async () =>
      (await listEvents(rows, id)).some(({ state }) => state === 'AWAITING_REVIEW'),
    );
    const whileAway = await tenant.ask(
      'VIEWER',
      '{ agents { edges { node { id } } } designSessions { edges { node { id } } } }',
    );
    const seenWhileAway = followed.progress().length;
    await platform.start('design');
    await followed.reaches('AWAITING_REVIEW');
    dataOf(await tenant.ask('EDITOR', APPROVE, { input: { sessionId: id } }));
    const end = await followed.ended;

    expect(end).toBe('completed');
    const events = await listEvents(rows, id);
    expect(followed.progress()).toMatchObject(events.map(({ sequence, message }) => ({ sequence, message })));
    expect(seenWhileAway).toBeLessThan(events.length);
    // What is not the subgraph's own is answered all the time.
    expect(whileAway.data).toEqual({ agents: { edges: [] }, designSessions: null });
    expect(codesOf(whileAway)).toEqual(['SERVICE_UNAVAILABLE']);
    await expectWholeStory(rows, id);
  },
);
