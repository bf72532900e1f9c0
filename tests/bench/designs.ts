/**
 * `npm run bench:designs [-- --rounds 3 --jobs 30]`: designs per minute of one worker with the local engine, by how many it
 * works on at once. All wait before the worker starts; the clock runs from the first event of the worker to its last.
 */
import { parseArgs } from 'node:util';
import { createTestDatabase } from '../testkit/database.ts';
import { startTestPostgres } from '../testkit/global-postgres.ts';
import { createPlatform } from '../testkit/platform.ts';
import { createTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { percentile, rounded } from './statistics.ts';

const AT_ONCE = [1, 2, 4] as const;
const ROUND_LIMIT_MS = 10 * 60_000;
const DESCRIPTION = `A customer sends a claim by email. The claims clerk records the claim in Jira and checks the policy.
If the policy is valid and the amount is above 5,000 euros, the team lead approves the claim within two days.
Otherwise the clerk rejects the claim and informs the customer. Finally, the accounting department pays the approved amount.`;

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, jobs: { type: 'string', default: '30' } },
});

interface Round {
  readonly atOnce: number;
  readonly perMinute: number;
  readonly medianMs: number;
}

await using postgres = await startTestPostgres();
const rounds: Round[] = [];
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const atOnce of AT_ONCE) rounds.push(await measure(atOnce));
}
const medianOf = (list: readonly Round[], pick: (round: Round) => number): number =>
  percentile(list.map(pick), 0.5);
const ofOne = medianOf(
  rounds.filter(({ atOnce }) => atOnce === 1),
  ({ perMinute }) => perMinute,
);
console.table(
  AT_ONCE.map((atOnce) => {
    const own = rounds.filter((round) => round.atOnce === atOnce);
    const perMinute = medianOf(own, (round) => round.perMinute);
    return {
      'jobs at once': atOnce,
      'designs per minute': rounded(perMinute, 0),
      'of one at a time': rounded(perMinute / ofOne, 2),
      'p50 of a design, ms': rounded(
        medianOf(own, (round) => round.medianMs),
        0,
      ),
    };
  }),
);

interface TimedSession {
  readonly events: readonly { readonly at: string; readonly state: string }[];
}

async function measure(atOnce: number): Promise<Round> {
  await using database = await createTestDatabase(postgres);
  await using platform = await createPlatform({ database, postgres });
  await Promise.all(
    (['auth', 'agents', 'design', 'integrations'] as const).map((name) => platform.start(name)),
  );
  await platform.start('router');
  const tenant = await createTenant(platform.url('router'), database);
  const ids: string[] = [];
  for (let job = 0; job < Number(options.jobs); job += 1) {
    const { startDesign } = await tenant.get<{ startDesign: { session: { id: string } } }>(
      `mutation Start($input: StartDesignInput!) { startDesign(input: $input) { session { id } errors { code } } }`,
      { input: { title: `Claims ${job}`, description: DESCRIPTION } },
    );
    ids.push(startDesign.session.id);
  }
  await platform.start('design-worker', { env: { CONCURRENCY: String(atOnce) } });
  const waiting =
    '{ queued: designSessions(state: QUEUED, first: 1) { edges { cursor } } running: designSessions(state: RUNNING, first: 1) { edges { cursor } } }';
  await until(
    'all designs are done',
    async () => {
      const { queued, running } =
        await tenant.get<Record<'queued' | 'running', { edges: unknown[] }>>(waiting);
      return queued.edges.length + running.edges.length === 0;
    },
    ROUND_LIMIT_MS,
  );
  return toRound(atOnce, await Promise.all(ids.map((id) => readSession(id, tenant.get))));
}

async function readSession(
  id: string,
  get: <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>,
): Promise<TimedSession> {
  const { designSession } = await get<{ designSession: TimedSession }>(
    'query ($id: ID!) { designSession(id: $id) { events { at state } } }',
    { id },
  );
  if (designSession.events.at(-1)?.state !== 'SUCCEEDED') throw new Error(`Session ${id} did not succeed.`);
  return designSession;
}

function toRound(atOnce: number, sessions: readonly TimedSession[]): Round {
  const times = sessions.map(({ events }) => {
    const worked = events.filter(({ state }) => state !== 'QUEUED').map(({ at }) => Date.parse(at));
    return { start: Math.min(...worked), end: Math.max(...worked) };
  });
  const tookMs = Math.max(...times.map(({ end }) => end)) - Math.min(...times.map(({ start }) => start));
  return {
    atOnce,
    perMinute: (sessions.length / tookMs) * 60_000,
    medianMs: percentile(
      times.map(({ start, end }) => end - start),
      0.5,
    ),
  };
}
