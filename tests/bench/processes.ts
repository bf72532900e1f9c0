/**
 * What a process of the platform takes: the time from its start to its first 200 at /readyz, and its memory.
 *
 *   npm run bench:processes [-- ROUNDS]
 *
 * Each round starts the whole platform as `npm start` does, one process after the other, and reads the resident memory of each
 * when all are up and idle, and again after the same few hundred requests to the router.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessName } from '../../local/src/index.ts';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { createPlatform } from '../testkit/platform.ts';
import { createTenant } from '../testkit/tenant.ts';

const NAMES: readonly ProcessName[] = [
  'auth',
  'agents',
  'design',
  'integrations',
  'design-worker',
  'delivery-worker',
  'router',
];
const ROUNDS = Number(process.argv[2] ?? 5);
const SETTLE_MS = 3000;
const REQUESTS = 300;
/** Asks every subgraph. */
const QUERY =
  '{ viewer { user { name } } agents { edges { node { id } } } designSessions { edges { node { id } } } integrations { id } }';

interface Measure {
  readonly startMs: number;
  readonly idleMb: number;
  readonly usedMb: number;
}

const measures = new Map<ProcessName, Measure[]>(NAMES.map((name) => [name, []]));
await using postgres = await startTestPostgres();
for (let round = 0; round < ROUNDS; round += 1) await measureRound();

console.log(`${ROUNDS} rounds; median (lowest to highest). Node ${process.versions.node}.`);
console.log('| process | start, ms | memory when idle, MB | memory after requests, MB |\n|---|---|---|---|');
for (const name of NAMES) {
  const list = measures.get(name) ?? [];
  const cell = (pick: (measure: Measure) => number): string => summarize(list.map(pick));
  console.log(
    `| ${name} | ${cell(({ startMs }) => startMs)} | ${cell(({ idleMb }) => idleMb)} | ${cell(({ usedMb }) => usedMb)} |`,
  );
}

async function measureRound(): Promise<void> {
  await using database = await createTestDatabase(postgres);
  await using platform = await createPlatform({ database, postgres });
  const starts = new Map<ProcessName, number>();
  for (const name of NAMES) {
    const before = performance.now();
    await platform.start(name);
    starts.set(name, performance.now() - before);
  }
  await delay(SETTLE_MS);
  const pids = new Map(NAMES.map((name) => [name, platform.process(name).pid]));
  const idle = new Map([...pids].map(([name, pid]) => [name, residentMb(pid)]));
  const tenant = await createTenant(platform.url('router'), database);
  for (let request = 0; request < REQUESTS; request += 1) await tenant.ask('EDITOR', QUERY);
  for (const name of NAMES)
    measures.get(name)?.push({
      startMs: starts.get(name) ?? 0,
      idleMb: idle.get(name) ?? 0,
      usedMb: residentMb(pids.get(name) ?? 0),
    });
}

function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

function summarize(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `${middle.toFixed(0)} (${(sorted[0] ?? 0).toFixed(0)} to ${(sorted.at(-1) ?? 0).toFixed(0)})`;
}
