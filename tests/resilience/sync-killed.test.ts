/** A delivery worker that is killed in the middle of a sync: another one goes on from the page that was written last. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holdOutbox } from '../testkit/outbox.ts';
import { startSyncBench, type SyncBench, type SyncTenant } from '../integration/integrations/sync-bench.ts';

const PAGE = 100;
const PAGES = 12;
const KILLED_AT = 4;

let bench: SyncBench;
let tenant: SyncTenant;

beforeAll(async () => {
  bench = await startSyncBench();
  tenant = await bench.tenant();
  await holdOutbox(bench.rows, 'integrations');
});
afterAll(() => bench[Symbol.asyncDispose]());

async function countEvents(): Promise<number> {
  const [row] = await bench.rows<{ count: number }>(
    `SELECT count(*)::integer AS count FROM integrations.outbox_event
      WHERE tenant_id = $1 AND type = 'external.item.changed'`,
    [tenant.id],
  );
  return row?.count ?? 0;
}

const requestCount = (): number =>
  bench.serviceNow.requests.filter((request) => request.includes('/table/task')).length;

/** Kills the worker when the system is asked for a page, and starts another one. */
async function killAtPage(page: number): Promise<void> {
  const asked = Promise.withResolvers<void>();
  let pages = 0;
  bench.serviceNow.onRequest = ({ path }) => {
    pages += path.includes('/table/task') ? 1 : 0;
    if (pages === page) asked.resolve();
  };
  const worker = bench.platform.process('delivery-worker');
  await asked.promise;
  worker.kill('SIGKILL');
  await worker.exited;
  bench.serviceNow.onRequest = null;
  await bench.platform.start('delivery-worker');
}

test('nothing is passed over, nothing is read again but one page, and each change is one event', async () => {
  const keys = bench.addTickets(PAGES * PAGE);
  const id = await tenant.connect();
  const killed = killAtPage(KILLED_AT);

  await tenant.start(id);
  await killed;
  const first = await tenant.untilSync(id, 'everything was read', ({ state }) => state === 'IDLE');
  const requestsOfFirst = requestCount();

  // Once more, with changes of everything, which are events now.
  for (const task of bench.serviceNow.records.tasks.values()) {
    bench.serviceNow.records.changeTask(task, { state: '2' }, new Date(Date.now() - 600_000));
  }
  const killedAgain = killAtPage(KILLED_AT);
  await tenant.owner(`mutation($input: SyncNowInput!) { syncNow(input: $input) { sync { id } } }`, {
    input: { id: first.id },
  });
  await killedAgain;
  const second = await tenant.untilSync(
    id,
    'it was read again',
    ({ state, finishedAt }) => state === 'IDLE' && finishedAt !== first.finishedAt,
  );

  expect(first).toMatchObject({ itemsRead: keys.length, itemsCreated: keys.length, lastError: null });
  expect(requestsOfFirst).toBeLessThanOrEqual(PAGES + 2);
  expect(second).toMatchObject({ itemsRead: keys.length, itemsUpdated: keys.length });
  expect(await countEvents()).toBe(keys.length);
  const [kept] = await bench.rows<{ count: number }>(
    `SELECT count(*)::integer AS count FROM integrations.external_item WHERE tenant_id = $1 AND state = 'In Progress'`,
    [tenant.id],
  );
  expect(kept?.count).toBe(keys.length);
});
