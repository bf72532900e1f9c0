/** `npm run bench:edge [-- --rounds 5 --seconds 2]`: what the edge adds to an operation, beside the router asked directly. */
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, startEdge } from '../edge/nginx.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { createPlatform } from '../testkit/platform.ts';
import { createTenant } from '../testkit/tenant.ts';
import { median, percentile, rounded } from './statistics.ts';

const CLIENTS = 16;
const WARM_UP_MS = 500;

const OPERATIONS = {
  'the router alone': '{ __typename }',
  'one subgraph': '{ agents(first: 5) { edges { node { id name } } } }',
} as const;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
});

/** As shipped, but that no limit is met: here all requests come from one address. */
const LIMITS = readFileSync(join(ROOT, 'deploy/nginx/site/limits.conf'), 'utf8').replaceAll(
  /rate=\d+r\/s/g,
  'rate=100000r/s',
);

await using stack = new AsyncDisposableStack();
const postgres = stack.use(await startTestPostgres());
const database = stack.use(await createTestDatabase(postgres));
// The limits of the router are not what is measured.
const env = {
  router: {
    TRUST_PROXY: 'true',
    RATE_LIMIT_PER_MINUTE: '100000000',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '100000000',
  },
};
const platform = stack.use(await createPlatform({ database, postgres, env }));
const services = ['auth', 'agents', 'design', 'integrations'] as const;
await Promise.all(services.map((name) => platform.start(name)));
await platform.start('router');
const tenant = await createTenant(platform.url('router'), database);
const edge = stack.use(
  await startEdge({
    upstreams: Object.fromEntries(
      [...services, 'router' as const].map((name) => [name, [platform.url(name)]]),
    ),
    limits: LIMITS,
  }),
);
await tenant.get(
  'mutation { createAgent(input: { name: "Claims triage" }) { agent { id } errors { code } } }',
);

const agentOptions = { keepAlive: true, maxSockets: CLIENTS };
const http = new HttpAgent(agentOptions);
const https = new HttpsAgent({ ...agentOptions, ca: edge.certificate, servername: 'localhost' });
stack.defer(() => {
  http.destroy();
  https.destroy();
});
const CONTENDERS = {
  direct: { send: requestHttp, agent: http, port: Number(new URL(platform.url('router')).port) },
  'through the edge': { send: requestHttps, agent: https, port: edge.port },
} as const;
type Contender = (typeof CONTENDERS)[keyof typeof CONTENDERS];

const rows: Record<string, unknown>[] = [];
for (const [name, query] of Object.entries(OPERATIONS)) {
  const body = JSON.stringify({ query });
  const figures = Object.entries(CONTENDERS).map(([contender, target]) => ({
    contender,
    target,
    serial: new Array<number>(),
    rates: new Array<number>(),
  }));
  for (const { target } of figures) await run(target, body, { clients: CLIENTS, ms: WARM_UP_MS });
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const { target, serial, rates } of figures) {
      const ms = Number(options.seconds) * 1000;
      serial.push(percentile(await run(target, body, { clients: 1, ms }), 0.5));
      rates.push((await run(target, body, { clients: CLIENTS, ms })).length / Number(options.seconds));
    }
  }
  const [direct] = figures;
  for (const { contender, serial, rates } of figures) {
    rows.push({
      'the operation asks': name,
      contender,
      'p50 serial, ms': rounded(median(serial), 2),
      'of direct': rounded(median(serial) / median(direct?.serial ?? []), 2),
      [`${CLIENTS}-way, requests/s`]: rounded(median(rates), 0),
      'rate of direct': rounded(median(rates) / median(direct?.rates ?? []), 2),
    });
  }
}
console.table(rows);

/** Milliseconds of each request that was answered in the time. */
async function run(
  target: Contender,
  body: string,
  { clients, ms }: { readonly clients: number; readonly ms: number },
): Promise<readonly number[]> {
  const times: number[] = [];
  const end = performance.now() + ms;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        const start = performance.now();
        await post(target, body);
        times.push(performance.now() - start);
      }
    }),
  );
  return times;
}

function post({ send, agent, port }: Contender, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: '127.0.0.1',
        port,
        path: '/graphql',
        method: 'POST',
        agent,
        headers: {
          host: 'localhost',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          authorization: `Bearer ${tenant.users.EDITOR.accessToken}`,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.once('end', () => {
          if (response.statusCode === 200 && !text.includes('"errors"')) resolve();
          else reject(new Error(`${response.statusCode}: ${text}`));
        });
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}
