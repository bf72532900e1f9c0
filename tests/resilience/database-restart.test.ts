/** PostgreSQL goes away under running services and comes back: they tell so meanwhile, and go on by themselves. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProcessName } from '../../local/src/index.ts';
import { codesOf } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { listEvents, openRows } from './database-rows.ts';
import { CONTEXT_OPERATION, expectWholeStory, followDesign, startDesign } from './design-journey.ts';
import { startHoldingProxy, type HoldingProxy } from './holding-proxy.ts';
import { startOwnPostgres, type OwnPostgres } from './own-postgres.ts';

const WITH_DATABASE = [
  'auth',
  'agents',
  'design',
  'integrations',
  'design-worker',
  'delivery-worker',
] as const;
const RECOVERY_LIMIT_MS = 15_000;

let stack: AsyncDisposableStack;
let postgres: OwnPostgres;
let platform: TestPlatform;
let tenant: TestTenant;
/** Between the worker and the agents subgraph. */
let proxy: HoldingProxy;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  postgres = stack.use(await startOwnPostgres());
  proxy = stack.use(await startHoldingProxy());
  platform = stack.use(
    await createPlatform({
      database: postgres.database,
      postgres: postgres.access,
      env: { 'design-worker': { INTEGRATIONS_URL: proxy.url, LEASE_SECONDS: '2' } },
    }),
  );
  proxy.forwardTo(platform.url('integrations'));
  await Promise.all(WITH_DATABASE.map((name) => platform.start(name)));
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), postgres.database);
});
afterAll(() => stack.disposeAsync());

const CREATE = `mutation Create($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } errors { code } } }`;

interface Created {
  readonly createAgent: { readonly agent: { readonly id: string } | null } | null;
}

/** Creates agents one after another until it is stopped. */
function startWriting(): {
  readonly acknowledged: string[];
  readonly refusals: string[];
  stop(): Promise<void>;
} {
  const acknowledged: string[] = [];
  const refusals: string[] = [];
  const stopping = new AbortController();
  const write = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const answer = await tenant.ask('EDITOR', CREATE, { input: { name: `Agent ${acknowledged.length}` } });
      const id = (answer.data as Created | null)?.createAgent?.agent?.id;
      if (id === undefined) refusals.push(...codesOf(answer));
      else acknowledged.push(id);
    }
  };
  const writing = write();
  return {
    acknowledged,
    refusals,
    stop: async () => {
      stopping.abort();
      await writing;
    },
  };
}

const statusOf = async (name: ProcessName, path: string): Promise<number> =>
  (await fetch(`${platform.url(name)}${path}`)).status;

const areReady = async (status: number): Promise<boolean> => {
  const found = await Promise.all(WITH_DATABASE.map((name) => statusOf(name, '/readyz')));
  return found.every((each) => each === status);
};

test.each([
  { how: 'fast', what: 'is restarted' },
  { how: 'crash', what: 'crashes and recovers' },
] as const)(
  'while PostgreSQL $what the services say so; then they go on, with every write that was acknowledged',
  async ({ how }) => {
    const hold = proxy.hold(CONTEXT_OPERATION, 'answer');
    const writing = startWriting();
    const id = await startDesign(tenant);
    const { accessToken: token } = tenant.users.VIEWER;
    await using followed = followDesign(platform.url('router'), { id, token });
    await followed.reaches('RUNNING');
    await until(
      'a job is under way, and agents are written',
      () => hold.held > 0 && writing.acknowledged.length > 3,
    );

    await postgres.end(how);
    const duringOutage = writing.acknowledged.length;
    // The worker comes back from its neighbour to a database that is gone.
    hold.release();
    await until('no service says that it is ready', () => areReady(503));
    const alive = await Promise.all(WITH_DATABASE.map((name) => statusOf(name, '/livez')));
    const read = await tenant.ask('VIEWER', '{ agents { edges { node { id } } } }');
    const from = performance.now();
    await postgres.start();
    const started = performance.now();
    await until('all services are ready', () => areReady(200), RECOVERY_LIMIT_MS);
    const ready = performance.now();
    await until(
      'agents are written again',
      () => writing.acknowledged.length > duringOutage + 3,
      RECOVERY_LIMIT_MS,
    );
    const end = await followed.ended;
    await writing.stop();

    expect(alive).toEqual(WITH_DATABASE.map(() => 200));
    expect(codesOf(read)).toEqual(['SERVICE_UNAVAILABLE']);
    expect(new Set(writing.refusals)).toEqual(new Set(['SERVICE_UNAVAILABLE']));
    await using rows = await openRows(postgres.database.superuserUrl);
    const stored = await rows.rows<{ id: string }>('SELECT id FROM agents.agent WHERE tenant_id = $1', [
      tenant.id,
    ]);
    expect(new Set(stored.map(({ id }) => id)).isSupersetOf(new Set(writing.acknowledged))).toBe(true);
    expect(end).toBe('completed');
    const events = await listEvents(rows, id);
    expect(followed.progress()).toMatchObject(events.map(({ sequence, message }) => ({ sequence, message })));
    await expectWholeStory(rows, id);
    console.log(
      `${how}: PostgreSQL started in ${Math.round(started - from)} ms, all ready ${Math.round(ready - started)} ms later`,
    );
  },
);
