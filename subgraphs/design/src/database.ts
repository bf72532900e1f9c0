/** The design schema's database, in the types that are generated from its models. */
import { createDatabase, type Database, type PoolOptions } from '@flowgrid/db';
import type { Logger } from '@flowgrid/platform';
import { Prisma, PrismaClient } from './generated/prisma/client.ts';

export type Tx = Prisma.TransactionClient;
export type DesignDatabase = Database<PrismaClient, Tx>;

/** Opens the schema as its own login role. The caller owns the result. */
export function openDesignDatabase(url: string, logger?: Logger, pool: PoolOptions = {}): DesignDatabase {
  return createDatabase<PrismaClient, Tx>({
    url,
    schema: 'design',
    createClient: (adapter) => new PrismaClient({ adapter }),
    logger,
    ...pool,
  });
}
