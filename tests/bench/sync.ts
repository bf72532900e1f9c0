/**
 * `npm run bench:sync [-- --items 10000 --only GitHub,Jira,ServiceNow]`: a sync of many items, read from fake systems by a
 * delivery worker as `npm start` starts it: the requests that it takes, the time and the worker's memory.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { newId } from '@flowgrid/platform';
import type { VendorBench } from '../../subgraphs/integrations/src/adapters/connector-contract.ts';
import { startGitHubBench } from '../../subgraphs/integrations/src/testkit/github-bench.ts';
import { startJiraBench } from '../../subgraphs/integrations/src/testkit/jira-bench.ts';
import { startServiceNowBench } from '../../subgraphs/integrations/src/testkit/servicenow/bench.ts';
import { SYNC_PAGE_SIZE } from '../../subgraphs/integrations/src/modules/sync/run-sync.ts';
import { startContextIssuer } from '../testkit/context-issuer.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { createPlatform } from '../testkit/platform.ts';
import { until } from '../testkit/wait.ts';
import { rounded } from './statistics.ts';

const { values: options } = parseArgs({
  options: { items: { type: 'string', default: '10000' }, only: { type: 'string' } },
});
const ITEMS = Number(options.items);
const LIMIT_MS = 600_000;
const BEGINNING = Date.parse('2026-01-01T00:00:00Z');

interface Contender {
  readonly kind: 'GITHUB' | 'JIRA' | 'SERVICENOW';
  readonly start: () => Promise<VendorBench>;
  /** From the `authorization` header that the fake takes. */
  readonly toCredential: (authorization: string) => Readonly<Record<string, string>>;
}

const secondPart = (text: string): string => text.split(' ')[1] ?? '';
const CONTENDERS: Readonly<Record<string, Contender>> = {
  GitHub: {
    kind: 'GITHUB',
    start: startGitHubBench,
    toCredential: (authorization) => ({ token: secondPart(authorization) }),
  },
  Jira: {
    kind: 'JIRA',
    start: () => startJiraBench({ edition: 'DATA_CENTER' }),
    toCredential: (authorization) => ({ personalAccessToken: secondPart(authorization) }),
  },
  ServiceNow: {
    kind: 'SERVICENOW',
    start: startServiceNowBench,
    toCredential: (authorization) => {
      const [username = '', password = ''] = Buffer.from(secondPart(authorization), 'base64')
        .toString()
        .split(':');
      return { username, password };
    },
  },
};

const SYNCS =
  'query($id: ID!) { integration(id: $id) { syncs { id state finishedAt itemsRead lastError } } }';

interface SyncData {
  readonly id: string;
  readonly state: string;
  readonly finishedAt: string | null;
  readonly itemsRead: number;
  readonly lastError: string | null;
}

interface Run {
  readonly requests: number;
  readonly seconds: number;
  readonly itemsRead: number;
}

await using postgres = await startTestPostgres();
const results: Record<string, object> = {};
for (const [name, contender] of Object.entries(CONTENDERS)) {
  if (options.only?.split(',').includes(name) ?? true) results[name] = await measure(contender);
}
console.log(`${ITEMS} items, pages of ${SYNC_PAGE_SIZE}. Node ${process.versions.node}.`);
console.table(results);

async function measure({ kind, start, toCredential }: Contender): Promise<object> {
  await using vendor = await start();
  await using database = await createTestDatabase(postgres);
  await using issuer = await startContextIssuer();
  const env = { AUTH_URL: issuer.url, OUTBOUND_ALLOW_HOSTS: vendor.host };
  await using platform = await createPlatform({
    database,
    postgres,
    env: { integrations: env, 'delivery-worker': env },
  });
  for (let index = 0; index < ITEMS; index += 1) {
    vendor.addItem({ title: `Claim ${index} is late`, updatedAt: new Date(BEGINNING + index * 1_000) });
  }
  const { url } = await platform.start('integrations');
  const worker = await platform.start('delivery-worker');
  const token = await issuer.signFor('OWNER', { tenantId: newId(), audience: 'integrations' });
  const ask = async <Data>(query: string, variables: object): Promise<Data> =>
    dataOf<Data>(await postGraphQL(`${url}/graphql`, { query, variables: { ...variables } }, token));
  const { createIntegration: created } = await ask<{ createIntegration: { integration: { id: string } } }>(
    `mutation($input: CreateIntegrationInput!) { createIntegration(input: $input) { integration { id } errors { message } } }`,
    {
      input: {
        kind,
        name: 'Bench',
        baseUrl: vendor.baseUrl,
        credential: toCredential(vendor.account.authorization),
      },
    },
  );
  const { id } = created.integration;
  const idleMb = memoryOf(worker.pid, 'VmRSS');
  let lastFinishedAt: string | null = null;
  let syncId = '';
  const run = async (mutation: string, input: object): Promise<Run> => {
    const before = vendor.requests.length;
    const startedAt = performance.now();
    await ask(mutation, { input });
    const sync = await until(
      'the sync ends',
      async () => {
        const { integration } = await ask<{ integration: { syncs: SyncData[] } }>(SYNCS, { id });
        const [found] = integration.syncs;
        if (found?.state === 'FAILED') throw new Error(found.lastError ?? 'failed');
        return found?.state === 'IDLE' && found.finishedAt !== lastFinishedAt ? found : null;
      },
      LIMIT_MS,
    );
    lastFinishedAt = sync.finishedAt;
    syncId = sync.id;
    return {
      requests: vendor.requests.length - before,
      seconds: (performance.now() - startedAt) / 1_000,
      itemsRead: sync.itemsRead,
    };
  };
  const whole = await run(
    `mutation($input: StartSyncInput!) { startSync(input: $input) { sync { id } errors { message } } }`,
    { integrationId: id, scope: vendor.container },
  );
  const peakMb = memoryOf(worker.pid, 'VmHWM');
  const nothing = await run(
    `mutation($input: SyncNowInput!) { syncNow(input: $input) { sync { id } errors { message } } }`,
    { id: syncId },
  );
  const minimum = Math.ceil(ITEMS / SYNC_PAGE_SIZE);
  return {
    requests: whole.requests,
    'of the fewest': rounded(whole.requests / minimum, 2),
    'items read': whole.itemsRead,
    seconds: rounded(whole.seconds, 1),
    'items/s': Math.round(ITEMS / whole.seconds),
    'idle MB': Math.round(idleMb),
    'peak MB': Math.round(peakMb),
    'requests when nothing changed': nothing.requests,
  };
}

/** Of a process, in megabytes. */
function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
