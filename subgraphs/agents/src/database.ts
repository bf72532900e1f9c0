/** The agents schema's database, in the types that are generated from its models. */
import { createDatabase, type Database, type PoolOptions } from '@flowgrid/db';
import type { Logger } from '@flowgrid/platform';
import { Prisma, PrismaClient } from './generated/prisma/client.ts';

export type Tx = Prisma.TransactionClient;
export type AgentsDatabase = Database<PrismaClient, Tx>;

/** Opens the schema as its own login role. The caller owns the result. */
export function openAgentsDatabase(url: string, logger?: Logger, pool: PoolOptions = {}): AgentsDatabase {
  return createDatabase<PrismaClient, Tx>({
    url,
    schema: 'agents',
    createClient: (adapter) => new PrismaClient({ adapter }),
    logger,
    ...pool,
  });
}
