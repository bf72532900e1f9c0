/** Connections that break at any moment of a statement: what a caller is told, whichever moment it was. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FlowgridError, newId } from '@flowgrid/platform';
import { until } from '../../testkit/wait.ts';
import { auditRow, openProxiedDatabase, type ProxiedDatabase } from './proxied-database.ts';

const CUTS = 40;
const AT_ONCE = 8;

let bench: ProxiedDatabase;

beforeAll(async () => {
  bench = await openProxiedDatabase();
});
afterAll(() => bench[Symbol.asyncDispose]());

const WAYS = {
  'a transaction': (tenantId: string) =>
    bench.database.inTenant(tenantId, async (tx) => {
      await tx.auditEvent.count();
      await tx.auditEvent.count();
    }),
  'a single read': (tenantId: string) => bench.database.readInTenant(tenantId, (tx) => tx.auditEvent.count()),
  'a single write': (tenantId: string) =>
    bench.database.writeInTenant(tenantId, (tx) => tx.auditEvent.create({ data: auditRow(tenantId) })),
  'a statement without a tenant': () => bench.database.withoutTenant((client) => client.auditEvent.count()),
} as const;

const BREAKS = {
  'the network is cut': async () => bench.proxy.cut(),
  'the server ends the session': () => bench.postgres.cutConnections(),
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
