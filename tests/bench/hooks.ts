/**
 * How fast inbound hooks acknowledge: signed payloads of GitHub through the real process of the integrations service, beside
 * `/livez` of the same process, by the same clients.
 *
 *   npm run bench:hooks [-- ROUNDS SECONDS CONNECTIONS]
 */
import { Agent, request as httpRequest } from 'node:http';
import { newId } from '@flowgrid/platform';
import { githubMessage, issuePayload } from '../../subgraphs/integrations/src/testkit/hook-messages.ts';
import { startContextIssuer } from '../testkit/context-issuer.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { createPlatform } from '../testkit/platform.ts';
import { median, percentile, rounded } from './statistics.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = Number(process.argv[3] ?? 4);
const CONNECTIONS = Number(process.argv[4] ?? 16);
const WARM_UP_SECONDS = 2;
/** As a real one of an issue: most of it is of no use here. */
const PADDING = 'x'.repeat(8_000);

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

await using postgres = await startTestPostgres();
await using database = await createTestDatabase(postgres);
await using issuer = await startContextIssuer();
const plenty = '100000000';
const env = {
  AUTH_URL: issuer.url,
  HOOK_MESSAGES_PER_MINUTE: plenty,
  HOOK_CLIENT_MESSAGES_PER_MINUTE: plenty,
  LOG_LEVEL: 'warn',
};
await using platform = await createPlatform({ database, postgres, env: { integrations: env } });
const { url } = await platform.start('integrations');
const { path, secret } = await makeHook();
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const livez = (): Shot => ({ method: 'GET', path: '/livez', headers: {}, body: '' });
const message = (): Shot => {
  const payload = {
    ...issuePayload('edited', { number: 1, title: 'Claims', updatedAt: new Date().toISOString() }),
    PADDING,
  };
  return { method: 'POST', path, ...githubMessage(secret, { event: 'issues', delivery: newId(), payload }) };
};

await load(message, 202, WARM_UP_SECONDS);
const hooks: Figures[] = [];
const beside: Figures[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  beside.push(await load(livez, 200, SECONDS));
  hooks.push(await load(message, 202, SECONDS));
}
agent.destroy();

console.log(
  `${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections; medians. Node ${process.versions.node}.`,
);
console.log('| what | per second | p50, ms | p99, ms |\n|---|---|---|---|');
print('/livez', beside);
print('POST /hooks, signed, 8 kB', hooks);
const ratio =
  median(hooks.map(({ perSecond }) => perSecond)) / median(beside.map(({ perSecond }) => perSecond));
console.log(`Acknowledged messages for each /livez: ${rounded(ratio, 3)}`);

function print(name: string, figures: readonly Figures[]): void {
  const cell = (pick: (one: Figures) => number): number => rounded(median(figures.map(pick)), 1);
  console.log(
    `| ${name} | ${cell((one) => one.perSecond)} | ${cell((one) => one.p50)} | ${cell((one) => one.p99)} |`,
  );
}

async function makeHook(): Promise<{ readonly path: string; readonly secret: string }> {
  const token = await issuer.signFor('OWNER', { tenantId: newId(), audience: 'integrations' });
  const query =
    'mutation { result: createInboundHook(input: { kind: GITHUB, name: "Bench" }) { hook { url } secret } }';
  const { result } = dataOf<{ result: { hook: { url: string }; secret: string } }>(
    await postGraphQL(`${url}/graphql`, { query }, token),
  );
  return { path: new URL(result.hook.url).pathname, secret: result.secret };
}

async function load(next: () => Shot, expected: number, seconds: number): Promise<Figures> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  const run = async (): Promise<void> => {
    while (performance.now() < end) {
      const shot = next();
      const before = performance.now();
      const status = await fire(shot);
      if (status !== expected) throw new Error(`${shot.path.slice(0, 6)} answered ${status}`);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
  return { perSecond: times.length / seconds, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

function fire({ method, path: to, headers, body }: Shot): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}${to}`, { method, headers, agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
