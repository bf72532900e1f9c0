/** Tenant isolation as the services meet it: through the pool, with a real role and real policies. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '@flowgrid/db';
import { newId } from '@flowgrid/platform';
import type { PrismaClient, Prisma } from '../../../subgraphs/agents/src/generated/prisma/client.ts';
import type { TcpProxy } from '../../testkit/tcp-proxy.ts';
import { until } from '../../testkit/wait.ts';
import { auditRow, openProxiedDatabase, type ProxiedDatabase } from './proxied-database.ts';

let bench: ProxiedDatabase;
let proxy: TcpProxy;
let database: Database<PrismaClient, Prisma.TransactionClient>;
let tenantA: string;
let tenantB: string;

beforeAll(async () => {
  bench = await openProxiedDatabase();
  ({ proxy, database } = bench);
});
afterAll(() => bench[Symbol.asyncDispose]());
beforeEach(() => {
  tenantA = newId();
  tenantB = newId();
});

const addRow = (tenantId: string): Promise<unknown> =>
  database.inTenant(tenantId, (tx) => tx.auditEvent.create({ data: auditRow(tenantId) }));
const writeRow = (rowTenantId: string): Promise<unknown> =>
  database.writeInTenant(tenantA, (tx) => tx.auditEvent.create({ data: auditRow(rowTenantId) }));
const countRows = (tenantId: string): Promise<number> =>
  database.readInTenant(tenantId, (tx) => tx.auditEvent.count());

test('a tenant sees its own rows and no others', async () => {
  await addRow(tenantA);
  await addRow(tenantA);
  await addRow(tenantB);

  const counts = await Promise.all([countRows(tenantA), countRows(tenantB), countRows(newId())]);

  expect(counts).toEqual([2, 1, 0]);
});

// Attack: a reader gets what another tenant asks for in the same moment. Prisma gathers the `findUnique` calls of one tick
// and sends them in the tenant of whoever came first, unless it is kept from it.
test('reads of several tenants that begin in one tick are each answered for their own tenant', async () => {
  const rows = [auditRow(tenantA), auditRow(tenantB)];
  for (const data of rows) {
    await database.inTenant(data.tenantId, (tx) => tx.auditEvent.create({ data }));
  }

  const found = await Promise.all(
    rows.map(({ tenantId, id }) =>
      database.readInTenant(tenantId, (tx) =>
        tx.auditEvent.findUnique({ where: { tenantId_id: { tenantId, id } } }),
      ),
    ),
  );
  const foreign = await Promise.all([
    database.readInTenant(tenantA, (tx) => tx.auditEvent.count()),
    ...rows.map(({ tenantId, id }) =>
      database.readInTenant(tenantA, (tx) =>
        tx.auditEvent.findUnique({ where: { tenantId_id: { tenantId, id } } }),
      ),
    ),
  ]);

  expect(found.map((row) => row?.id)).toEqual(rows.map(({ id }) => id));
  expect(foreign).toEqual([1, expect.objectContaining({ tenantId: tenantA }), null]);
});

// A service that mistakes the tenant of a row it writes.
test('a row of another tenant cannot be written', async () => {
  const write = database.inTenant(tenantA, (tx) => tx.auditEvent.create({ data: auditRow(tenantB) }));

  await expect(write).rejects.toThrow('row-level security policy');
  expect(await countRows(tenantB)).toBe(0);
});

test('without a tenant, tables of tenants look empty and cannot be written', async () => {
  await addRow(tenantA);

  const count = await database.withoutTenant((client) => client.auditEvent.count());
  const write = database.withoutTenant((client) => client.auditEvent.create({ data: auditRow(tenantA) }));

  expect(count).toBe(0);
  await expect(write).rejects.toThrow('row-level security policy');
});

test('a read that tries to write is refused by PostgreSQL', async () => {
  const write = database.readInTenant(tenantA, (tx) => tx.auditEvent.create({ data: auditRow(tenantA) }));

  await expect(write).rejects.toThrow('read-only transaction');
  expect(await countRows(tenantA)).toBe(0);
});

test('a transaction is rolled back as a whole', async () => {
  const work = database.inTenant(tenantA, async (tx) => {
    await tx.auditEvent.create({ data: auditRow(tenantA) });
    throw new Error('changed my mind');
  });

  await expect(work).rejects.toThrow('changed my mind');
  expect(await countRows(tenantA)).toBe(0);
});

test('a tenant id that is no UUID reaches no SQL', async () => {
  const read = database.readInTenant("'; DROP TABLE agent; --", (tx) => tx.auditEvent.count());

  await expect(read).rejects.toThrow('the tenant id is a UUID');
});

test('a single read costs one round trip', async () => {
  await Promise.all(Array.from({ length: 8 }, () => countRows(tenantA)));
  const before = proxy.roundTrips;

  await countRows(tenantA);

  expect(proxy.roundTrips - before).toBe(1);
});

test('a write that is one statement costs one round trip, and is committed when it is answered', async () => {
  await Promise.all(Array.from({ length: 8 }, () => writeRow(tenantA)));
  const before = proxy.roundTrips;

  await writeRow(tenantA);
  const roundTrips = proxy.roundTrips - before;

  expect([roundTrips, await countRows(tenantA)]).toEqual([1, 9]);
});

test('a single write for another tenant, or one that fails, leaves nothing', async () => {
  const id = newId();
  const fail = database.writeInTenant(tenantA, (tx) =>
    tx.auditEvent.createMany({ data: [auditRow(tenantA, id), auditRow(tenantA, id)] }),
  );

  await expect(fail).rejects.toThrow('Unique constraint failed');
  await expect(writeRow(tenantB)).rejects.toThrow('row-level security policy');
  expect([await countRows(tenantA), await countRows(tenantB)]).toEqual([0, 0]);
});

// It would be committed apart: a change without the event that tells of it.
test('a second statement of a single write is refused', async () => {
  const work = database.writeInTenant(tenantA, async (tx) => {
    await tx.auditEvent.count();
    await tx.auditEvent.create({ data: auditRow(tenantA) });
  });

  await expect(work).rejects.toThrow('a write is one statement');
  expect(await countRows(tenantA)).toBe(0);
});

test('on connections that have written, reads are read-only, and without a tenant nothing is seen', async () => {
  const onEach = <Result>(work: () => Promise<Result>): Promise<PromiseSettledResult<Result>[]> =>
    Promise.allSettled(Array.from({ length: 8 }, work));

  await onEach(() => writeRow(tenantA));
  const writes = await onEach(() =>
    database.readInTenant(tenantA, (tx) => tx.auditEvent.create({ data: auditRow(tenantA) })),
  );
  const counts = await onEach(() => database.withoutTenant((client) => client.auditEvent.count()));

  expect(writes.map(({ status }) => status)).toEqual(writes.map(() => 'rejected'));
  expect(counts).toEqual(counts.map(() => ({ status: 'fulfilled', value: 0 })));
  expect(await countRows(tenantA)).toBe(8);
});

test('a transaction costs one round trip for each statement and one for its commit', async () => {
  await Promise.all(Array.from({ length: 8 }, () => addRow(tenantA)));
  const before = proxy.roundTrips;

  await database.inTenant(tenantA, async (tx) => {
    await tx.auditEvent.count();
    await tx.auditEvent.count();
  });

  expect(proxy.roundTrips - before).toBe(3);
});

test('a read that fails leaves its connection as it was, without the tenant', async () => {
  await addRow(tenantA);
  const fail = database.readInTenant(tenantA, (tx) => tx.$queryRaw`SELECT 1 / ${0}::integer`);
  await expect(fail).rejects.toThrow('division by zero');

  const counts = await Promise.all(
    Array.from({ length: 8 }, () => database.withoutTenant((client) => client.auditEvent.count())),
  );
  await addRow(tenantA);

  expect(counts).toEqual(Array.from({ length: 8 }, () => 0));
  expect(await countRows(tenantA)).toBe(2);
});

test('a statement that PostgreSQL cannot read fails each time, and others go on', async () => {
  const read = (): Promise<unknown> => database.readInTenant(tenantA, (tx) => tx.$queryRaw`SELECT nothing`);

  for (const _ of [1, 2, 3]) await expect(read()).rejects.toThrow('column "nothing" does not exist');

  expect(await countRows(tenantA)).toBe(0);
});

test('a text without values is read in the tenant, too', async () => {
  await addRow(tenantA);

  const rows = await database.readInTenant(
    tenantA,
    (tx) => tx.$queryRaw`SELECT count(*)::integer AS count FROM agents.audit_event`,
  );

  expect(rows).toEqual([{ count: 1 }]);
});

// Connections are shared: one that keeps a tenant would show it to the next borrower.
test('interleaved tenants on few connections never see each other', async () => {
  const tenants = Array.from({ length: 8 }, newId);
  await Promise.all(
    tenants.flatMap((tenant, index) => Array.from({ length: index + 1 }, () => addRow(tenant))),
  );

  const reads = Array.from({ length: 400 }, (_, index) => index % tenants.length);
  const counts = await Promise.all(
    reads.map((index) =>
      index % 2 === 0
        ? countRows(tenants[index] ?? '')
        : database.inTenant(tenants[index] ?? '', (tx) => tx.auditEvent.count()),
    ),
  );

  expect(counts).toEqual(reads.map((index) => index + 1));
});

// A connection that breaks between BEGIN and COMMIT.
test('after connections were cut, no later borrower inherits a tenant and work goes on', async () => {
  await addRow(tenantA);
  const pending = Promise.allSettled(Array.from({ length: 40 }, () => countRows(tenantA)));

  proxy.cut();
  await pending;
  const withoutTenant = await until('the pool has recovered', async () => {
    try {
      return { count: await database.withoutTenant((client) => client.auditEvent.count()) };
    } catch {
      // Connections that were cut while idle are found when they are used.
      return null;
    }
  });

  expect(withoutTenant).toEqual({ count: 0 });
  expect(await countRows(tenantA)).toBe(1);
});

test('a database that is gone is named as such, and reads work again when it is back', async () => {
  await countRows(tenantA);

  proxy.setDown(true);
  await Promise.all(
    [countRows(tenantA), addRow(tenantA)].map((work) =>
      expect(work).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' }),
    ),
  );
  await expect(database.checkReady()).rejects.toThrow(/Connection|ECONN/);
  proxy.setDown(false);

  expect(await until('reads work again', () => countRows(tenantA).then(String, () => null))).toBe('0');
});
