/** What a pool keeps: its size, a part for every tenant, and limits that end one after the other. */
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMetrics, newId } from '@flowgrid/platform';
import { openAgentsDatabase, type AgentsDatabase } from '../../../subgraphs/agents/src/database.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';

const metrics = createMetrics('test');
const OPERATION_MS = 10_000;
const CONNECTION_WAIT_MS = 4_000;
let testDatabase: TestDatabase;
let database: AgentsDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const url = testDatabase.url('flowgrid_agents');
  database = openAgentsDatabase(url, undefined, { poolSize: 4, metrics });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

const read = async (name: string): Promise<number> => {
  const line = (await metrics.metrics()).split('\n').find((text) => text.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
};

// A noisy neighbour: one tenant's slow transactions must leave connections to the others.
test('a tenant that holds its transactions open keeps nobody else out', async () => {
  const noisy = newId();
  const gate = Promise.withResolvers<void>();
  const held = Array.from({ length: 6 }, () =>
    database.inTenant(noisy, async (tx) => {
      await tx.$queryRaw`SELECT 1`;
      await gate.promise;
    }),
  );
  await until('the share is used up', async () => (await read('db_pool_in_use')) === 2);

  const others = await Promise.all(
    [newId(), newId()].map((tenant) => database.readInTenant(tenant, (tx) => tx.$queryRaw`SELECT 1 AS one`)),
  );

  expect(others).toEqual([[{ one: 1 }], [{ one: 1 }]]);
  expect([await read('db_pool_size'), await read('db_pool_waiting')]).toEqual([4, 4]);
  gate.resolve();
  await Promise.all(held);
  expect([await read('db_pool_in_use'), await read('db_pool_waiting')]).toEqual([0, 0]);
});

test.each([
  'flowgrid_auth',
  'flowgrid_agents',
  'flowgrid_design',
  'flowgrid_integrations',
  'flowgrid_router',
] as const)(
  '%s: locks end before statements, and statements before the operation of the router',
  async (role) => {
    const client = new Client({ connectionString: testDatabase.url(role) });
    await client.connect();

    const { rows } = await client.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout')`,
    );
    await client.end();

    const limits = Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]));
    const { lock_timeout: lock = 0, statement_timeout: statement = 0 } = limits;
    expect(lock).toBeGreaterThan(0);
    expect(Math.max(lock, CONNECTION_WAIT_MS)).toBeLessThan(statement);
    expect(statement).toBeLessThan(OPERATION_MS);
    expect(limits['idle_in_transaction_session_timeout']).toBeGreaterThan(statement);
  },
);
