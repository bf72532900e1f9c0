/** A service's database as the service opens it, behind a network that a test can cut. */
import { createDatabase, type Database } from '@flowgrid/db';
import { newId } from '@flowgrid/platform';
import { PrismaClient, type Prisma } from '../../../subgraphs/agents/src/generated/prisma/client.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { startTcpProxy, type TcpProxy } from '../../testkit/tcp-proxy.ts';

export interface ProxiedDatabase extends AsyncDisposable {
  readonly postgres: TestDatabase;
  readonly proxy: TcpProxy;
  readonly database: Database<PrismaClient, Prisma.TransactionClient>;
}

/** Of few connections, so that they are used again. */
export async function openProxiedDatabase(): Promise<ProxiedDatabase> {
  const stack = new AsyncDisposableStack();
  const postgres = stack.use(await createTestDatabase());
  const url = new URL(postgres.url('flowgrid_agents'));
  const proxy = stack.use(await startTcpProxy({ host: url.hostname, port: Number(url.port) }));
  url.port = String(proxy.port);
  const database = stack.use(
    createDatabase<PrismaClient, Prisma.TransactionClient>({
      url: url.toString(),
      schema: 'agents',
      createClient: (adapter) => new PrismaClient({ adapter }),
      poolSize: 4,
    }),
  );
  return { postgres, proxy, database, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

export const auditRow = (tenantId: string, id = newId()): Prisma.AuditEventUncheckedCreateInput => ({
  tenantId,
  id,
  at: new Date('2026-11-22T12:00:00Z'),
  actorKind: 'USER',
  actorId: newId(),
  actorName: 'Ada',
  action: 'agent.created',
  resourceType: 'agent',
  resourceId: newId(),
  changes: {},
});
