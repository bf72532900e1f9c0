import { createDatabase, type Database } from '@flowgrid/db';
import { Prisma, PrismaClient } from './generated/prisma/client.ts';

export type Tx = Prisma.TransactionClient;
export type AuthDatabase = Database<PrismaClient, Tx>;

/** Opens auth's schema as its own login role. The caller owns the result. */
export function openAuthDatabase(url: string, onConnectionError?: (error: Error) => void): AuthDatabase {
  return createDatabase<PrismaClient, Tx>({
    url,
    schema: 'auth',
    createClient: (adapter) => new PrismaClient({ adapter }),
    ...(onConnectionError && { onConnectionError }),
  });
}
