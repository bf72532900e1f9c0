/** Connections that break at any moment of a statement: what a caller is told, whichever moment it was. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type Database } from '@flowgrid/db';
import { FlowgridError, newId } from '@flowgrid/platform';
import { PrismaClient, type Prisma } from '../../../subgraphs/agents/src/generated/prisma/client.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { startTcpProxy, type TcpProxy } from '../../testkit/tcp-proxy.ts';
import { until } from '../../testkit/wait.ts';

const CUTS = 40;
const AT_ONCE = 8;

let postgres: TestDatabase;
let proxy: TcpProxy;
let database: Database<PrismaClient, Prisma.TransactionClient>;

beforeAll(async () => {
  postgres = await createTestDatabase();
  const url = new URL(postgres.url('flowgrid_agents'));
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  database = createDatabase<PrismaClient, Prisma.TransactionClient>({
    url: url.toString(),
    schema: 'agents',
    createClient: (adapter) => new PrismaClient({ adapter }),
    poolSize: 4,
  });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const auditRow = (tenantId: string): Prisma.AuditEventUncheckedCreateInput => ({
  tenantId,
  id: newId(),
  at: new Date('2026-11-22T12:00:00Z'),
  actorKind: 'USER',
  actorId: newId(),
  actorName: 'Ada',
  action: 'agent.created',
  resourceType: 'agent',
  resourceId: newId(),
  changes: {},
});

const WAYS = {
  'a transaction': (tenantId: string) =>
    database.inTenant(tenantId, async (tx) => {
      await tx.auditEvent.count();
      await tx.auditEvent.count();
    }),
  'a single read': (tenantId: string) => database.readInTenant(tenantId, (tx) => tx.auditEvent.count()),
  'a single write': (tenantId: string) =>
    database.writeInTenant(tenantId, (tx) => tx.auditEvent.create({ data: auditRow(tenantId) })),
  'a statement without a tenant': () => database.withoutTenant((client) => client.auditEvent.count()),
} as const;

const BREAKS = {
  'the network is cut': async () => proxy.cut(),
  'the server ends the session': () => postgres.cutConnections(),
} as const;

const CASES = Object.keys(WAYS).flatMap((way) =>
  Object.keys(BREAKS).map((how) => ({ way: way as keyof typeof WAYS, how: how as keyof typeof BREAKS })),
);

test.each(CASES)('$way fails as unavailable when $how, at whichever moment', async ({ way, how }) => {
  const tenantId = newId();
  const failures: unknown[] = [];
  let done = 0;
  const over = new AbortController();
  const work = async (): Promise<void> => {
    while (!over.signal.aborted) {
      try {
        await WAYS[way](tenantId);
      } catch (error) {
        failures.push(error);
      }
      done += 1;
    }
  };
  const working = Array.from({ length: AT_ONCE }, work);

  for (let cut = 0; cut < CUTS; cut += 1) {
    const before = done;
    await until('work goes on', () => done > before + AT_ONCE + (cut % 5));
    await BREAKS[how]();
  }
  over.abort();
  await Promise.all(working);

  expect(failures.length).toBeGreaterThan(0);
  expect(new Set(failures.filter((error) => !isUnavailable(error)).map(lastLine))).toEqual(new Set());
});

function isUnavailable(error: unknown): boolean {
  return error instanceof FlowgridError && error.code === 'SERVICE_UNAVAILABLE';
}

/** What a Prisma error says, without the call it quotes. */
function lastLine(error: unknown): string {
  return String(error).split('\n').at(-1) ?? '';
}
