/** What a subgraph that is away, hangs or is asked too late means for everything else. */
import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ask, startFixtureRouter, type Answer } from '../testkit/router.ts';
import { startSubgraphs, type Fixture } from '../testkit/subgraphs.ts';
import { until } from '../testkit/wait.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startSubgraphs();
});
afterEach(() => fixture.restart('design'));
afterAll(() => fixture[Symbol.asyncDispose]());

const UNAVAILABLE = 'A service that answers this field is not available. Try again.';
const BOTH = '{ agent(id: "1") { name } session(id: "s") { title } }';
const WITHOUT_DESIGN: Answer['body'] = {
  data: { agent: { name: 'Agent 1' }, session: null },
  errors: [{ message: UNAVAILABLE, path: ['session'], extensions: { code: 'SERVICE_UNAVAILABLE' } }],
};

/** Takes requests and never answers them. */
async function hangDesign(): Promise<IncomingMessage[]> {
  const asked: IncomingMessage[] = [];
  await fixture.replace('design', (request) => void asked.push(request));
  return asked;
}

/** The value of a metric with the labels, among others. */
async function metric(
  router: { readonly url: string },
  name: string,
  ...labels: string[]
): Promise<string | undefined> {
  const lines = (await (await fetch(`${router.url}/metrics`)).text()).split('\n');
  const line = lines.find(
    (each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)),
  );
  return line?.split(' ').at(-1);
}

test('at the deadline of an operation what is there is answered, and subgraphs know the time that is left', async () => {
  const asked = await hangDesign();
  await using router = await startFixtureRouter(fixture, {
    operationTimeoutMs: 1_500,
    subgraphTimeoutMs: 60_000,
  });
  fixture.calls.length = 0;

  const { status, body } = await ask(router, BOTH);

  expect([status, body]).toEqual([200, WITHOUT_DESIGN]);
  const left = [fixture.calls[0]?.headers['x-deadline-ms'], asked[0]?.headers['x-deadline-ms']].map(Number);
  expect(left.every((ms) => Number.isInteger(ms) && ms > 0 && ms <= 1_500)).toBe(true);
});

test('fetches that depend on one another share the time of the operation', async () => {
  await fixture.replace('design', (_request, response) => {
    setTimeout(() => {
      response.setHeader('content-type', 'application/json');
      response.end('{"data":{"session":{"agent":{"__typename":"Agent","id":"7"}}}}');
    }, 100);
  });
  await using router = await startFixtureRouter(fixture, {
    operationTimeoutMs: 20_000,
    subgraphTimeoutMs: 19_990,
  });
  fixture.calls.length = 0;

  const { body } = await ask(router, '{ session(id: "s") { agent { name } } }');

  expect(body).toEqual({ data: { session: { agent: { name: 'Agent 7' } } } });
  expect(Number(fixture.calls[0]?.headers['x-deadline-ms'])).toBeLessThanOrEqual(19_900);
});

test('a subgraph that hangs is left alone after a few calls, and asked again when it is back', async () => {
  const asked = await hangDesign();
  await using router = await startFixtureRouter(fixture, { subgraphTimeoutMs: 1_000 });

  const answers = await Promise.all(Array.from({ length: 5 }, () => ask(router, BOTH)));
  const refused = await ask(router, BOTH);
  const askedThen = asked.length;
  const open = await metric(router, 'breaker_state', 'name="design"', 'state="open"');
  const others = await ask(router, '{ agent(id: "1") { owner { name } } }');
  await fixture.restart('design');
  await until(async () => (await ask(router, BOTH)).body.errors === undefined, 'design is asked again');

  expect(answers.map(({ body }) => body)).toEqual(answers.map(() => WITHOUT_DESIGN));
  expect(refused.body).toEqual(WITHOUT_DESIGN);
  expect([askedThen, open]).toEqual([5, '1']);
  expect(others.body).toEqual({ data: { agent: { owner: { name: 'Name of owner-of-1' } } } });
  expect(await metric(router, 'breaker_state', 'name="design"', 'state="closed"')).toBe('1');
});

test('calls to a subgraph that hangs take 64 connections at most, and nothing from others', async () => {
  const asked = await hangDesign();
  await using router = await startFixtureRouter(fixture, {
    operationTimeoutMs: 60_000,
    subgraphTimeoutMs: 60_000,
  });

  const answers = Promise.all(Array.from({ length: 150 }, () => ask(router, BOTH)));
  await until(() => asked.length >= 64, 'every connection is taken');
  const others = await ask(router, '{ agent(id: "1") { owner { name } } }');
  const connections = asked.length;
  await fixture.stop('design');
  await answers;

  expect(connections).toBe(64);
  expect(others.body).toEqual({ data: { agent: { owner: { name: 'Name of owner-of-1' } } } });
});

test('errors of GraphQL are answers: they open no breaker', async () => {
  await using router = await startFixtureRouter(fixture);

  for (let count = 0; count < 10; count += 1) await ask(router, '{ fail(code: "NOT_FOUND") }');
  const { body } = await ask(router, '{ agent(id: "1") { name } }');

  expect(body).toEqual({ data: { agent: { name: 'Agent 1' } } });
  expect(await metric(router, 'breaker_state', 'name="agents"', 'state="closed"')).toBe('1');
});

test('fetches and operations are counted by their outcome', async () => {
  await using router = await startFixtureRouter(fixture);
  await fixture.stop('design');

  await ask(router, BOTH);
  await ask(router, '{ agent(id: "1") { name } }');

  const fetches = 'subgraph_fetch_duration_seconds_count';
  const operations = 'graphql_operation_duration_seconds_count';
  expect([
    await metric(router, fetches, 'subgraph="agents"', 'outcome="ok"'),
    await metric(router, fetches, 'subgraph="design"', 'outcome="unreachable"'),
    await metric(router, operations, 'type="query"', 'outcome="partial"'),
    await metric(router, operations, 'type="query"', 'outcome="ok"'),
  ]).toEqual(['2', '1', '1', '1']);
});

test('a replica that goes away costs no query and no mutation', async () => {
  await using agents = await fixture.startReplica('agents');
  await using router = await startFixtureRouter(fixture, {
    baseUrls: { agents: [fixture.baseUrlOf('agents'), agents.url] },
  });
  const rename = 'mutation { renameAgent(id: "1", name: "N") { name } }';
  await ask(router, rename);

  await fixture.stop('agents');
  const answers = [];
  for (let count = 0; count < 10; count += 1) {
    answers.push((await ask(router, count % 2 === 0 ? rename : '{ agent(id: "1") { name } }')).body.errors);
  }
  await fixture.restart('agents');

  expect(answers).toEqual(answers.map(() => undefined));
});
