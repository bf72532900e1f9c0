/** Four ways to the same rows: the newest twenty of a tenant. All have the same pool size, adapter and prepared statements. */
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { createDatabase } from '@flowgrid/db';
import { statementNames } from '../../../packages/db/src/statement-names.ts';
import { PrismaClient, type Prisma } from '../../../subgraphs/agents/src/generated/prisma/client.ts';
import { PLAIN_SCHEMA } from './fill.ts';

const POOL_SIZE = 10;

export type Row = Prisma.AuditEventGetPayload<object>;

export interface Contender {
  readonly name: string;
  /** The newest rows of a tenant. */
  readonly read: (tenantId: string) => Promise<readonly Row[]>;
}

type Reader = Pick<Prisma.TransactionClient, 'auditEvent'>;

const readNewest = async (client: Reader, tenantId: string): Promise<readonly Row[]> =>
  await client.auditEvent.findMany({ where: { tenantId }, orderBy: { id: 'desc' }, take: 20 });

/** No row level security and no transaction: what the query costs by itself. */
export function withoutRowLevelSecurity(url: string, stack: AsyncDisposableStack): Contender {
  const client = openPlainClient(url, PLAIN_SCHEMA, stack);
  return { name: 'no row level security', read: (tenantId) => readNewest(client, tenantId) };
}

/** The two ways of `packages/db`. */
export function ofThePlatform(url: string, stack: AsyncDisposableStack): readonly Contender[] {
  const database = stack.use(
    createDatabase<PrismaClient, Prisma.TransactionClient>({
      url,
      schema: 'agents',
      createClient: (adapter) => new PrismaClient({ adapter }),
      poolSize: POOL_SIZE,
    }),
  );
  return [
    {
      name: 'readInTenant',
      read: (tenantId) => database.readInTenant(tenantId, (tx) => readNewest(tx, tenantId)),
    },
    {
      name: 'inTenant',
      read: (tenantId) => database.inTenant(tenantId, (tx) => readNewest(tx, tenantId)),
    },
  ];
}

/** The extension of Prisma's documentation; one extended client per tenant, made once, so that only its queries are measured. */
export function documentedExtension(
  url: string,
  tenants: readonly string[],
  stack: AsyncDisposableStack,
): Contender {
  const client = openPlainClient(url, 'agents', stack);
  const clients = new Map(tenants.map((tenantId) => [tenantId, extendForTenant(client, tenantId)]));
  return {
    name: "Prisma's documented extension",
    read: async (tenantId) => {
      const extended = clients.get(tenantId) ?? extendForTenant(client, tenantId);
      return await extended.auditEvent.findMany({ where: { tenantId }, orderBy: { id: 'desc' }, take: 20 });
    },
  };
}

function extendForTenant(client: PrismaClient, tenantId: string) {
  return client.$extends({
    query: {
      $allModels: {
        $allOperations: async ({ args, query }) => {
          const [, result] = await client.$transaction([
            client.$executeRaw`SELECT set_config('app.tenant_id', ${tenantId}, TRUE)`,
            query(args),
          ]);
          return result;
        },
      },
    },
  });
}

function openPlainClient(url: string, schema: string, stack: AsyncDisposableStack): PrismaClient {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: 5_000,
    options: `-c search_path=${schema} -c TimeZone=UTC`,
  });
  stack.defer(() => pool.end());
  const adapter = new PrismaPg(pool, { schema, statementNameGenerator: statementNames() });
  const client = new PrismaClient({ adapter });
  stack.defer(() => client.$disconnect());
  return client;
}
