/** The types of this service's database and of a request, as services use them. */
import type { Viewer } from '@flowgrid/access';
import type { Database } from '@flowgrid/db';
import type { Prisma, PrismaClient } from './generated/prisma/client.ts';

export type Tx = Prisma.TransactionClient;
export type AgentsDatabase = Database<PrismaClient, Tx>;

/** Who asks, and under which id the log finds it. */
export interface ServiceRequest {
  readonly viewer: Viewer;
  readonly requestId: string;
}
