/** The integrations schema's database, in the types that are generated from its models. */
import { createDatabase, type Database, type PoolOptions } from '@flowgrid/db';
import type { Logger } from '@flowgrid/platform';
import { Prisma, PrismaClient } from './generated/prisma/client.ts';

export type Tx = Prisma.TransactionClient;
export type IntegrationsDatabase = Database<PrismaClient, Tx>;

/** Opens the schema as its own login role. The caller owns the result. */
export function openIntegrationsDatabase(
  url: string,
  logger?: Logger,
  pool: PoolOptions = {},
): IntegrationsDatabase {
  return createDatabase<PrismaClient, Tx>({
    url,
    schema: 'integrations',
    createClient: (adapter) => new PrismaClient({ adapter }),
    logger,
    ...pool,
  });
}
