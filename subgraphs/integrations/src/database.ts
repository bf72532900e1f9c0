/** The generated client, as the rest of the service names it. */
import type { Database } from '@flowgrid/db';
import type { Prisma, PrismaClient } from './generated/prisma/client.ts';

export type Transaction = Prisma.TransactionClient;
export type IntegrationsDatabase = Database<PrismaClient, Transaction>;
