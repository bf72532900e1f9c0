/** The same of all systems: what is followed comes whole, with one event for each change, and a limit is waited for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VendorBench } from '../../../subgraphs/integrations/src/adapters/connector-contract.ts';
import {
  startGitHubBench,
  type GitHubBench,
} from '../../../subgraphs/integrations/src/testkit/github-bench.ts';
import { startJiraBench } from '../../../subgraphs/integrations/src/testkit/jira-bench.ts';
import { holdOutbox } from '../../testkit/outbox.ts';
import { startSyncBench, type SyncBench, type SyncTenant } from './sync-bench.ts';

const COUNT = 230;
const BEGINNING = Date.parse('2026-03-01T10:00:00Z');

let stack: AsyncDisposableStack;
let github: GitHubBench;
let jira: VendorBench;
let bench: SyncBench;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  github = stack.use(await startGitHubBench());
  jira = stack.use(await startJiraBench({ edition: 'DATA_CENTER' }));
  bench = stack.use(await startSyncBench([github.host, jira.host]));
  await holdOutbox(bench.rows, 'integrations');
});
afterAll(() => stack.disposeAsync());

const SYSTEMS = {
  GitHub: { kind: 'GITHUB', vendor: (): VendorBench => github, field: 'token' },
  Jira: { kind: 'JIRA', vendor: (): VendorBench => jira, field: 'personalAccessToken' },
} as const;

function connect(tenant: SyncTenant, name: keyof typeof SYSTEMS): Promise<string> {
  const { kind, field } = SYSTEMS[name];
  const { account, baseUrl } = SYSTEMS[name].vendor();
  return tenant.connect({ [field]: account.authorization.split(' ')[1] ?? '' }, { kind, baseUrl });
}

function addItems(vendor: VendorBench): readonly string[] {
  const start = vendor.itemCount();
  return Array.from({ length: COUNT }, (_, index) =>
    vendor.addItem({
      title: `Claim ${index}`,
      // Some at the same moment.
      updatedAt: new Date(BEGINNING + (start + Math.floor(index / 3)) * 60_000),
    }),
  );
}

async function keptKeys({ id }: SyncTenant): Promise<readonly string[]> {
  const rows = await bench.rows<{ key: string }>(
    'SELECT key FROM integrations.external_item WHERE tenant_id = $1',
    [id],
  );
  return rows.map(({ key }) => key).toSorted((one, other) => one.localeCompare(other));
}

async function toldKeys({ id }: SyncTenant): Promise<readonly string[]> {
  const rows = await bench.rows<{ body: string }>(
    `SELECT body FROM integrations.outbox_event WHERE tenant_id = $1 AND type = 'external.item.changed' ORDER BY sequence`,
    [id],
  );
  return rows.map(({ body }) => (JSON.parse(body) as { data: { item: { key: string } } }).data.item.key);
}

test.each(['GitHub', 'Jira'] as const)('%s is read whole, and then what changed', async (name) => {
  const tenant = await bench.tenant();
  const vendor = SYSTEMS[name].vendor();
  const keys = addItems(vendor);
  const id = await connect(tenant, name);

  await tenant.start(id, vendor.container);
  const first = await tenant.untilSync(id, 'everything was read', ({ state }) => state === 'IDLE');
  const toldOfFirst = await toldKeys(tenant);
  const changed = keys[7] ?? '';
  vendor.changeItem(changed, new Date(BEGINNING + 30 * 24 * 3_600_000));
  const second = await tenant.run(id);

  expect(first).toMatchObject({ itemsCreated: COUNT, lastError: null });
  expect(await keptKeys(tenant)).toEqual(keys.toSorted((one, other) => one.localeCompare(other)));
  expect(toldOfFirst).toEqual([]);
  expect(second).toMatchObject({ itemsCreated: 0, itemsUpdated: 1 });
  expect(await toldKeys(tenant)).toEqual([changed]);
});

test('a secondary limit of GitHub in the middle is waited for as long as it says, and costs nothing', async () => {
  const tenant = await bench.tenant();
  const count = github.itemCount() + addItems(github).length;
  const id = await connect(tenant, 'GitHub');
  github.server.fail('SECONDARY_403', { after: 2, times: 1 });

  const before = Date.now();
  await tenant.start(id, github.container);
  const waiting = await tenant.untilSync(
    id,
    'it waits',
    ({ state, nextRunAt }) => state === 'QUEUED' && Date.parse(nextRunAt ?? '') > before + 20_000,
  );
  // The half minute is over.
  await bench.rows('UPDATE integrations.connection_state SET paused_until = NULL WHERE integration_id = $1', [
    id,
  ]);
  await bench.rows('UPDATE integrations.integration_sync SET due_at = now() WHERE integration_id = $1', [id]);
  const sync = await tenant.untilSync(id, 'everything was read', ({ state }) => state === 'IDLE');

  expect(waiting).toMatchObject({ lastError: null, finishedAt: null });
  expect(waiting.itemsRead).toBeGreaterThanOrEqual(100);
  expect(sync).toMatchObject({ itemsCreated: count, lastError: null });
  expect(await keptKeys(tenant)).toHaveLength(count);
});

// Attack: whoever may open issues opens many with long texts, so that no page of them fits into an answer.
test('issues that are too long for one answer hold no sync up', async () => {
  const tenant = await bench.tenant();
  const { state } = github.server;
  const repository = state.addRepository('acme/essays', { roles: { octocat: 'admin' } });
  for (let index = 0; index < 60; index += 1) {
    const updatedAt = new Date(BEGINNING + Math.floor(index / 20) * 60_000);
    state.addIssue(repository, { title: `Essay ${index}`, body: '論'.repeat(65_000), updatedAt });
  }
  const id = await connect(tenant, 'GitHub');

  await tenant.start(id, 'acme/essays');
  const sync = await tenant.untilSync(
    id,
    'everything was read',
    ({ state: is }) => is !== 'QUEUED' && is !== 'RUNNING',
  );

  expect(sync).toMatchObject({ state: 'IDLE', itemsCreated: 60, lastError: null });
});
