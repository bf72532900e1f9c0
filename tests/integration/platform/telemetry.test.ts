/** Traces of a request through real processes, and the same trace in their logs. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../../testkit/database.ts';
import { dataOf, postGraphQL } from '../../testkit/graphql.ts';
import { PATIENT_ROUTER, createPlatform, type TestPlatform } from '../../testkit/platform.ts';
import { createTenant, type TestTenant } from '../../testkit/tenant.ts';
import { until } from '../../testkit/wait.ts';
import { startCollector, type CollectedSpan, type Collector } from './collector.ts';

const stack = new AsyncDisposableStack();
let collector: Collector;
let platform: TestPlatform;
let tenant: TestTenant;

beforeAll(async () => {
  collector = stack.use(await startCollector());
  const database = stack.use(await createTestDatabase());
  const telemetry = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  };
  const env = {
    auth: telemetry,
    agents: telemetry,
    router: { ...telemetry, ...PATIENT_ROUTER.router },
  };
  platform = stack.use(await createPlatform({ database, env }));
  await Promise.all([platform.start('auth'), platform.start('agents')]);
  await platform.start('router');
  tenant = await createTenant(platform.url('router'), database);
});
afterAll(() => stack.disposeAsync());

/** Asks as a client that takes traces itself. */
async function askIn(traceId: string, query: string): Promise<void> {
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const { accessToken } = tenant.users.EDITOR;
  dataOf(await postGraphQL(`${platform.url('router')}/graphql`, { query }, accessToken, { traceparent }));
}

const QUERY = 'query Traced { agents { edges { node { id } } } }';

test('one trace leads from the router through its subgraphs to the database', async () => {
  const traceId = randomBytes(16).toString('hex');

  await askIn(traceId, QUERY);

  const spans = await until('spans of both services', () => {
    const found = collector.spans.filter((span) => span.traceId === traceId);
    const isComplete =
      found.some(({ service, name }) => service === 'agents' && name === 'POST /graphql') &&
      found.some(({ service, name }) => service === 'router' && name === 'POST /graphql');
    return isComplete && found;
  });
  const find = (service: string, name: RegExp): CollectedSpan => {
    const span = spans.find((candidate) => candidate.service === service && name.test(candidate.name));
    if (!span) throw new Error(`no span ${String(name)} of ${service}: ${JSON.stringify(spans)}`);
    return span;
  };
  const entry = find('router', /^POST \/graphql$/);
  const agents = find('agents', /^POST \/graphql$/);
  expect(entry.parentSpanId).toBe('b7ad6b7169203331');
  expect(agents.parentSpanId).toBe(entry.spanId);
  expect(find('agents', /^query /).parentSpanId).toBe(agents.spanId);
  expect(find('agents', /^database read$/).traceId).toBe(traceId);
});

test('lines of the log carry the trace, the tenant and the actor', async () => {
  const traceId = randomBytes(16).toString('hex');

  await askIn(traceId, QUERY);

  const line = await until('a line of agents', () =>
    platform.log
      .filter((text) => text.startsWith('agents {') && text.includes(traceId))
      .map((text): unknown => JSON.parse(text.slice('agents '.length)))
      .at(0),
  );
  expect(line).toMatchObject({
    traceId,
    tenantId: tenant.id,
    actorId: tenant.users.EDITOR.id,
    outcome: 'ok',
  });
});

test('no span says what a client sent or may not say', async () => {
  await until('some spans', () => collector.spans.length > 0);

  const text = JSON.stringify(collector.spans);

  for (const secret of [tenant.users.EDITOR.accessToken, 'flowgrid-test', 'Bearer ']) {
    expect(text).not.toContain(secret);
  }
});
