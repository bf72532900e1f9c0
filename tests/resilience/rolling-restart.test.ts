/** Every process is ended and started again, a replica of each service after the other, under load: nobody notices. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../testkit/database.ts';
import { PATIENT_ROUTER, startWholePlatform, type TestPlatform } from '../testkit/platform.ts';
import { createTenant, type TestTenant } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { EMBEDDED, FULL, mergeEnv } from './adapters.ts';
import { listEvents, openRows, type DatabaseRows } from './database-rows.ts';
import { expectWholeStory } from './design-journey.ts';
import { startLoad } from './rolling-load.ts';

const REPLICAS = {
  auth: 2,
  agents: 2,
  design: 2,
  integrations: 2,
  'design-worker': 2,
  'delivery-worker': 2,
  router: 2,
} as const;
/** What is restarted at the same time, one replica of each. */
const WAVES = [
  ['agents', 'auth', 'design'],
  ['integrations', 'design-worker', 'delivery-worker', 'router'],
] as const;
/** Longer than the second in which readiness is asked for, with a machine in mind that has much else to do. */
const DRAIN = { SHUTDOWN_DRAIN_SECONDS: '3' };
/** One user is the whole load. */
const NO_LIMIT = { router: { RATE_LIMIT_PER_MINUTE: '1000000' } };
const TEST_LIMIT_MS = 400_000;

/** One pass takes minutes: with Redis and Service Bus where Redis is, as several machines would be. */
const { name: adapters, open } = FULL.isHere ? FULL : EMBEDDED;

describe(`on ${adapters}, with two of each process`, () => {
  const stack = new AsyncDisposableStack();
  let rows: DatabaseRows;
  let platform: TestPlatform;
  let tenant: TestTenant;

  beforeAll(async () => {
    const database = stack.use(await createTestDatabase());
    rows = stack.use(await openRows(database.superuserUrl));
    const drain = { router: DRAIN, auth: DRAIN, agents: DRAIN, design: DRAIN, integrations: DRAIN };
    const env = mergeEnv(PATIENT_ROUTER, NO_LIMIT, drain, await open(stack));
    platform = stack.use(await startWholePlatform({ database, env, replicas: REPLICAS }));
    tenant = await createTenant(platform.url('router'), database);
  });
  afterAll(() => stack.disposeAsync());

  async function restart(name: (typeof WAVES)[number][number], replica: number): Promise<void> {
    const ending = platform.process(name, replica);
    ending.kill('SIGTERM');
    expect(await ending.exited, `${name} ${replica}`).toEqual({ code: 0, signal: null });
    await platform.startReplica(name, replica);
  }

  test(
    'a rolling restart loses no request and no event, and nothing comes twice',
    async () => {
      await using load = startLoad([platform.url('router', 0), platform.url('router', 1)], tenant);
      await until('there is load', () => load.designs >= 3 && load.created.length > 0 && load.queries > 3);

      for (const names of WAVES) {
        for (const replica of [0, 1]) {
          const before = load.queries;
          await Promise.all(names.map((name) => restart(name, replica)));
          await until('work goes on', () => load.queries > before);
          const wave = `replica ${replica} of ${names.join(', ')} was restarted`;
          expect(load.failures.join('\n'), wave).toBe('');
        }
      }
      const { followed, reviewed } = await load.finish();

      expect(load.failures.join('\n')).toBe('');
      const made = await rows.rows<{ name: string }>(
        'SELECT name FROM agents.agent WHERE name LIKE $1 ORDER BY name',
        ['Rolling %'],
      );
      expect(made.map(({ name }) => name)).toEqual(load.created.toSorted());
      await until('design has heard of every agent', async () => {
        const known = await rows.rows<{ name: string }>(
          'SELECT name FROM design.known_agent WHERE name LIKE $1',
          ['Rolling %'],
        );
        return known.length === made.length;
      });
      expect(followed).toHaveLength(load.designs);
      expect(reviewed.moves).toBeGreaterThan(0);
      expect(reviewed.events.at(-1)).toMatchObject({ state: 'SUCCEEDED' });
      const reviewedEvents = await listEvents(rows, reviewed.id);
      expect(reviewed.events).toMatchObject(
        reviewedEvents.map(({ sequence, message }) => ({ sequence, message })),
      );
      for (const { id, events } of followed) {
        const stored = await listEvents(rows, id);
        expect(events).toMatchObject(stored.map(({ sequence, message }) => ({ sequence, message })));
        await expectWholeStory(rows, id);
      }
    },
    TEST_LIMIT_MS,
  );
});
