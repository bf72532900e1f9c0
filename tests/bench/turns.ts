/** `npm run bench:turns [-- --rounds 5 --requests 300]`: what the turns of a connection cost beside empty transactions. */
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { newId } from '@flowgrid/platform';
import { openIntegrationsDatabase } from '../../subgraphs/integrations/src/database.ts';
import {
  createTurnStore,
  type ConnectionPlace,
} from '../../subgraphs/integrations/src/modules/connection/turn-store.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { median, rounded } from './statistics.ts';

const AT_ONCE = 6;
const LIMITS = { requests: { burst: 1e6, perMinute: 1e6 }, writes: null, atOnce: 100 };

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, requests: { type: 'string', default: '300' } },
});

await using stack = new AsyncDisposableStack();
const postgres = stack.use(await startTestPostgres());
const testDatabase = stack.use(await createTestDatabase(postgres));
const database = stack.use(openIntegrationsDatabase(testDatabase.url('flowgrid_integrations')));
const superuser = new Client({ connectionString: testDatabase.superuserUrl });
await superuser.connect();
stack.defer(() => superuser.end());
const turns = createTurnStore(database);
const first = await addConnection();
const places = [first];
while (places.length < AT_ONCE) places.push(await addConnection());

async function addConnection(): Promise<ConnectionPlace> {
  const place = { tenantId: newId(), integrationId: newId(), connectionRevision: 1 };
  await superuser.query(
    `INSERT INTO integrations.integration
       (tenant_id, id, kind, name, base_url, status, connection_revision, created_at, updated_at)
     VALUES ($1, $2, 'GITHUB', 'Bench', 'https://api.github.com', 'HEALTHY', 1, now(), now())`,
    [place.tenantId, place.integrationId],
  );
  return place;
}

async function takeAndEnd(place: ConnectionPlace): Promise<void> {
  const slot = newId();
  const { outcome } = await turns.take({
    ...place,
    slot,
    isWrite: false,
    priority: 'BACKGROUND',
    limits: LIMITS,
  });
  if (outcome !== 'TAKEN') throw new Error(outcome);
  await turns.end({ ...place, slot, how: 'ANSWERED', pause: null });
}

async function twoEmpty({ tenantId }: ConnectionPlace): Promise<void> {
  await database.inTenant(tenantId, (tx) => tx.$queryRaw`SELECT 1`);
  await database.inTenant(tenantId, (tx) => tx.$queryRaw`SELECT 1`);
}

type Work = (place: ConnectionPlace) => Promise<void>;

const contenders: readonly {
  readonly name: string;
  readonly work: Work;
  readonly ways: readonly ConnectionPlace[];
}[] = [
  { name: 'two empty transactions, one after the other', work: twoEmpty, ways: [first] },
  { name: 'a turn, one after the other', work: takeAndEnd, ways: [first] },
  { name: `two empty transactions, ${AT_ONCE} at once`, work: twoEmpty, ways: places },
  { name: `a turn, ${AT_ONCE} connections at once`, work: takeAndEnd, ways: places },
  { name: `a turn, ${AT_ONCE} at once of one connection`, work: takeAndEnd, ways: places.map(() => first) },
];

/** Milliseconds of one request, and processor time of this process for it. */
async function measure(work: Work, ways: readonly ConnectionPlace[]): Promise<{ ms: number; cpuMs: number }> {
  const each = Math.ceil(Number(options.requests) / ways.length);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await Promise.all(
    ways.map(async (place) => {
      for (let request = 0; request < each; request += 1) await work(place);
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const count = each * ways.length;
  return { ms: (performance.now() - begun) / each, cpuMs: (user + system) / 1_000 / count };
}

const results = contenders.map((contender) => ({ ...contender, ms: [] as number[], cpuMs: [] as number[] }));
for (const { work, ways } of contenders) await measure(work, ways);
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const result of results) {
    const { ms, cpuMs } = await measure(result.work, result.ways);
    result.ms.push(ms);
    result.cpuMs.push(cpuMs);
  }
}
console.table(
  Object.fromEntries(
    results.map(({ name, ms, cpuMs }) => [
      name,
      { 'ms per request': rounded(median(ms), 1), 'CPU ms of Node': rounded(median(cpuMs), 2) },
    ]),
  ),
);
const { rows } = await superuser.query<{ share: number }>(
  `SELECT round(100.0 * n_tup_hot_upd / n_tup_upd, 1)::float AS share FROM pg_stat_user_tables WHERE relname = 'connection_state'`,
);
console.log(`changed in place: ${rows[0]?.share} %`);
