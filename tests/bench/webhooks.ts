/**
 * `npm run bench:webhooks [-- --rounds 3 --endpoints 50 --events 20]`: deliveries per second of one worker, and how late the
 * healthy endpoints are told when a tenth of all endpoints is dead, beside a run in which none is.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { createPostgresTransport } from '@flowgrid/messaging';
import { createLogger, newId } from '@flowgrid/platform';
import { integrationEvent } from '../integration/integrations/webhook-event.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { createPlatform } from '../testkit/platform.ts';
import { startContextIssuer } from '../testkit/context-issuer.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { until } from '../testkit/wait.ts';
import { percentile, rounded } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    endpoints: { type: 'string', default: '50' },
    events: { type: 'string', default: '20' },
  },
});
const ENDPOINTS = Number(options.endpoints);
const EVENTS = Number(options.events);
/** The endpoints of a tenant; each event reaches all of them. */
const PER_TENANT = 10;
const PACE_MS = 100;
const LIMIT_MS = 5 * 60_000;
const logger = createLogger({ name: 'bench', level: 'silent' });

interface Round {
  readonly perSecond: number;
  readonly delaysMs: readonly number[];
}

interface Target extends AsyncDisposable {
  readonly host: string;
  /** Event ids with the time of their arrival, at the healthy paths. */
  readonly arrivals: { readonly path: string; readonly id: string; readonly at: number }[];
}

await using postgres = await startTestPostgres();
const rounds: Record<'none dead' | 'a tenth dead', Round[]> = { 'none dead': [], 'a tenth dead': [] };
for (let round = 0; round < Number(options.rounds); round += 1) {
  rounds['none dead'].push(await measure(0));
  rounds['a tenth dead'].push(await measure(1));
}
const figures = Object.entries(rounds).map(([name, list]) => {
  const delays = list.flatMap(({ delaysMs }) => delaysMs);
  return {
    name,
    perSecond: percentile(
      list.map(({ perSecond }) => perSecond),
      0.5,
    ),
    p50: percentile(delays, 0.5),
    p99: percentile(delays, 0.99),
  };
});
const [alone] = figures;
console.table(
  figures.map(({ name, perSecond, p50, p99 }) => ({
    endpoints: name,
    'healthy deliveries per second': rounded(perSecond, 0),
    'p50 delay of the healthy, ms': rounded(p50, 0),
    'p99 delay of the healthy, ms': rounded(p99, 0),
    'p99, of none dead': rounded(p99 / (alone?.p99 ?? Number.NaN), 2),
  })),
);

async function measure(deadPerTenant: 0 | 1): Promise<Round> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase(postgres));
  const issuer = stack.use(await startContextIssuer());
  const target = stack.use(await startTarget());
  const allowed = { OUTBOUND_ALLOW_HOSTS: `${target.host},127.0.0.1:1` };
  const env = { integrations: { AUTH_URL: issuer.url, ...allowed }, 'delivery-worker': allowed };
  const platform = stack.use(await createPlatform({ database, postgres, env }));
  const { url } = await platform.start('integrations');
  await platform.start('delivery-worker');
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  const transport = stack.use(
    createPostgresTransport({ url: database.url('flowgrid_integrations'), logger }),
  );
  const tenants = Array.from({ length: Math.ceil(ENDPOINTS / PER_TENANT) }, () => newId());
  const dead = deadAddresses(target.host);
  for (const [index, tenantId] of tenants.entries()) {
    const token = await issuer.signFor('OWNER', { tenantId, audience: 'integrations' });
    for (let count = 0; count < PER_TENANT; count += 1) {
      const isDead = count < deadPerTenant;
      const address = isDead ? String(dead[index % dead.length]) : `http://${target.host}/ok/${newId()}`;
      const query = `mutation($input: CreateWebhookEndpointInput!) { result: createWebhookEndpoint(input: $input) { errors { message } } }`;
      const input = { url: address, events: ['integration.*'] };
      dataOf(await postGraphQL(`${url}/graphql`, { query, variables: { input } }, token));
    }
  }
  const publishedAt = new Map<string, number>();
  const publishAll = async (): Promise<void> => {
    const messages = tenants.map((tenantId) =>
      integrationEvent('integration.created', { tenantId, subject: newId(), at: new Date() }),
    );
    for (const { id } of messages) publishedAt.set(id, performance.now());
    await transport.publish(messages);
  };
  const healthy = PER_TENANT - deadPerTenant;
  const arrived = (count: number): Promise<unknown> =>
    until('all healthy endpoints were told', () => target.arrivals.length >= count * healthy, LIMIT_MS);
  // The dead ones are found out, and everything is warm.
  await publishAll();
  await arrived(tenants.length);
  target.arrivals.splice(0);
  publishedAt.clear();
  // At a pace: how late a healthy endpoint is told.
  for (let event = 0; event < EVENTS; event += 1) {
    const next = performance.now() + PACE_MS * tenants.length;
    await publishAll();
    await until('the next is due', () => performance.now() >= next, LIMIT_MS);
  }
  await arrived(EVENTS * tenants.length);
  const delaysMs = target.arrivals.map(({ id, at }) => at - (publishedAt.get(id) ?? at));
  target.arrivals.splice(0);
  // All at once: how many are delivered in a second.
  const startedAt = performance.now();
  for (let event = 0; event < EVENTS; event += 1) await publishAll();
  await arrived(EVENTS * tenants.length);
  const tookMs = performance.now() - startedAt;
  return { perSecond: (EVENTS * tenants.length * healthy * 1000) / tookMs, delaysMs };
}

/** One that hangs, one where nobody listens, one that answers 500. */
function deadAddresses(host: string): readonly string[] {
  return [`http://${host}/hang`, 'http://127.0.0.1:1/', `http://${host}/500`];
}

async function startTarget(): Promise<Target> {
  const arrivals: Target['arrivals'] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '/';
    request.resume().on('end', () => {
      if (path === '/hang') return;
      if (path === '/500') {
        response.writeHead(500).end();
        return;
      }
      arrivals.push({ path, id: String(request.headers['webhook-id']), at: performance.now() });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    arrivals,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
