/** `npm run bench:db [-- --rounds 5 --seconds 2]`: what tenant isolation costs a read, side by side in one run. */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import {
  documentedExtension,
  ofThePlatform,
  withoutRowLevelSecurity,
  type Contender,
} from './db/contenders.ts';
import { ROWS, TENANTS, fill } from './db/fill.ts';
import { measureRate, measureSerial, type Rate, type Work } from './db/measure.ts';
import { median, rounded } from './statistics.ts';

const WAYS = 16;
const WARM_UP_MS = 500;

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
});
const durationMs = Number(options.seconds) * 1000;

await using stack = new AsyncDisposableStack();
const postgres = stack.use(await startTestPostgres());
const database = stack.use(await createTestDatabase(postgres));
console.log(`filling ${ROWS.toLocaleString('en')} rows of ${TENANTS} tenants`);
const tenants = await fill(database);
const url = database.url('flowgrid_agents');
const contenders = [
  withoutRowLevelSecurity(url, stack),
  ...ofThePlatform(url, stack),
  documentedExtension(url, tenants, stack),
];
await requireSameAnswers(contenders);
const results = contenders.map((contender) => ({
  name: contender.name,
  work: asWork(contender),
  latencies: new Array<number>(),
  rates: new Array<Rate>(),
}));
for (const { work } of results) await measureRate(work, WARM_UP_MS, WAYS);
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const { work, latencies, rates } of results) {
    latencies.push(await measureSerial(work, durationMs));
    rates.push(await measureRate(work, durationMs, WAYS));
  }
}
printResults();

async function requireSameAnswers([first, ...others]: readonly Contender[]): Promise<void> {
  for (const tenantId of tenants.slice(0, 3)) {
    const expected = await first?.read(tenantId);
    assert.equal(expected?.length, 20);
    for (const { name, read } of others) assert.deepEqual(await read(tenantId), expected, name);
  }
}

function asWork({ read }: Contender): Work {
  return (call) => read(tenants[call % tenants.length] ?? '');
}

function printResults(): void {
  const perSecond = results.map(({ rates }) => median(rates.map((rate) => rate.perSecond)));
  const rows = results.map(({ name, latencies, rates }, index) => ({
    name,
    'serial p50, ms': median(latencies),
    [`${WAYS}-way, requests/s`]: perSecond[index],
    'of no RLS': rounded((perSecond[index] ?? 0) / (perSecond[0] ?? 0), 2),
    'of the extension': rounded((perSecond[index] ?? 0) / (perSecond.at(-1) ?? 0), 2),
    'CPU ms of Node': median(rates.map(({ cpuMsPerCall }) => cpuMsPerCall)),
    rounds: rates.map((rate) => rate.perSecond).join(' '),
  }));
  console.table(rows);
}
