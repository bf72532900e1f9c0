/** A service that is dead, and one that hangs: the others do not feel it, by the router's own figures. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../testkit/database.ts';
import { codesOf, dataOf, type GraphQLAnswer } from '../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';

/** For a machine that has much else to do: nothing but what hangs takes longer. */
const TIMEOUT_MS = 8_000;
const FAILURES_IN_A_ROW = 5;

const stack = new AsyncDisposableStack();
let platform: TestPlatform;
let tenant: TestTenant;

beforeAll(async () => {
  const database = stack.use(await createTestDatabase());
  const env = {
    router: { OPERATION_TIMEOUT_MS: String(TIMEOUT_MS), SUBGRAPH_TIMEOUT_MS: String(TIMEOUT_MS) },
  };
  platform = stack.use(await createPlatform({ database, env }));
  const services = ['auth', 'agents', 'design', 'integrations'] as const;
  await Promise.all(services.map((name) => platform.start(name)));
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), database);
  const made = await tenant.ask(
    'EDITOR',
    'mutation { createAgent(input: { name: "Claims handler" }) { agent { id } errors { code } } }',
  );
  dataOf(made);
});
afterAll(() => stack.disposeAsync());

const AGENTS = '{ agents { edges { node { name owner { name } } } } }';
const WITH_INTEGRATIONS = '{ agents { edges { node { name integrations { id } } } } integrations { id } }';
const WITH_DESIGN = '{ agents { edges { node { name } } } designSessions { edges { node { id } } } }';

const ask = (query: string): Promise<GraphQLAnswer> => tenant.ask('EDITOR', query);

/** The value of one of the router's metrics; 0 before it is counted. */
async function metric(name: string, ...labels: readonly string[]): Promise<number> {
  const lines = (await (await fetch(`${platform.url('router')}/metrics`)).text()).split('\n');
  const line = lines.find(
    (each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)),
  );
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** 1 while calls go to the subgraph. */
const isClosed = (subgraph: string): Promise<number> =>
  metric('breaker_state', `name="${subgraph}"`, 'state="closed"');
const fetchesOf = (subgraph: string, outcome: string): Promise<number> =>
  metric('subgraph_fetch_duration_seconds_count', `subgraph="${subgraph}"`, `outcome="${outcome}"`);

test('integrations is dead: agents are answered as before, and nothing is sent to it after a few tries', async () => {
  const { kill, exited } = platform.process('integrations');
  kill('SIGKILL');
  await exited;
  for (let count = 0; count < FAILURES_IN_A_ROW; count += 1) await ask(WITH_INTEGRATIONS);

  const without = await ask(WITH_INTEGRATIONS);
  const agents = dataOf(await ask(AGENTS));
  const refused = await fetchesOf('integrations', 'refused');
  await platform.start('integrations');
  await until('integrations is asked again', async () => (await ask(WITH_INTEGRATIONS)).errors.length === 0);

  expect([without.status, without.data, codesOf(without)]).toEqual([
    200,
    { agents: { edges: [{ node: { name: 'Claims handler', integrations: null } }] }, integrations: null },
    ['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE'],
  ]);
  expect(agents).toEqual({
    agents: { edges: [{ node: { name: 'Claims handler', owner: { name: `EDITOR of ${tenant.slug}` } } }] },
  });
  expect(refused).toBeGreaterThan(0);
  expect(await isClosed('integrations')).toBe(1);
});

test('design hangs: an error at the deadline, then at once, and agents are answered all the time', async () => {
  const design = platform.process('design');
  design.kill('SIGSTOP');
  try {
    const late = Promise.all(Array.from({ length: FAILURES_IN_A_ROW }, () => ask(WITH_DESIGN)));
    const meanwhile = await ask(AGENTS);
    const timeoutsMeanwhile = await fetchesOf('design', 'timeout');
    const answers = await late;
    const refusedBefore = await fetchesOf('design', 'refused');
    const soon = await ask(WITH_DESIGN);

    const expected = {
      data: { agents: { edges: [{ node: { name: 'Claims handler' } }] }, designSessions: null },
      codes: ['SERVICE_UNAVAILABLE'],
    };
    expect(meanwhile.errors).toEqual([]);
    expect(timeoutsMeanwhile).toBe(0);
    expect([...answers, soon].map((answer) => ({ data: answer.data, codes: codesOf(answer) }))).toEqual(
      [...answers, soon].map(() => expected),
    );
    expect(await fetchesOf('design', 'timeout')).toBe(FAILURES_IN_A_ROW);
    expect(await fetchesOf('design', 'refused')).toBe(refusedBefore + 1);
    expect(await isClosed('design')).toBe(0);
  } finally {
    design.kill('SIGCONT');
  }
  await until('design is asked again', async () => (await ask(WITH_DESIGN)).errors.length === 0);
  expect(await isClosed('design')).toBe(1);
});
