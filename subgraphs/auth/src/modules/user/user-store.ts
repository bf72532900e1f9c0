import { z } from 'zod';
import type { Page } from '@flowgrid/platform';
import type { Tx } from '../../database.ts';
import type { Prisma } from '../../generated/prisma/client.ts';
import { toPlaces, type Place } from '../../place.ts';
import type { User } from './user.ts';

/** What orders the list of users. */
export interface UserCursor {
  readonly name: string;
  readonly id: string;
}

export interface UserListing {
  readonly tenantId: string;
  readonly page: Page<UserCursor>;
  readonly search: string | null;
}

const withRoles = { roles: { select: { role: true } } } as const satisfies Prisma.UserInclude;

type UserRow = Prisma.UserGetPayload<{ include: typeof withRoles }>;

/** One row more than the page: it says whether another page follows. */
export async function listUsers(tx: Tx, { tenantId, page, search }: UserListing): Promise<readonly User[]> {
  const filters: Prisma.UserWhereInput[] = [];
  if (search !== null) {
    const contains = { contains: escapeWildcards(search), mode: 'insensitive' } as const;
    filters.push({ OR: [{ name: contains }, { email: contains }] });
  }
  if (page.after !== null) {
    const { name, id } = page.after;
    filters.push({ OR: [{ name: { gt: name } }, { name, id: { gt: id } }] });
  }
  const rows = await tx.user.findMany({
    where: { tenantId, AND: filters },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
    take: page.first + 1,
    include: withRoles,
  });
  return rows.map((row) => toUser(row));
}

export async function listUsersByIds(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly User[]> {
  const rows = await tx.user.findMany({ where: { tenantId, id: { in: [...ids] } }, include: withRoles });
  return rows.map((row) => toUser(row));
}

export async function findUser(tx: Tx, tenantId: string, id: string): Promise<User | null> {
  const row = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } }, include: withRoles });
  return row && toUser(row);
}

/** A user who may sign in: neither the user nor the account is deactivated. */
export async function findActiveUser(tx: Tx, tenantId: string, id: string): Promise<User | null> {
  const row = await tx.user.findUnique({
    where: { tenantId_id: { tenantId, id }, status: 'ACTIVE', account: { status: 'ACTIVE' } },
    include: withRoles,
  });
  return row && toUser(row);
}

/** Where an account may sign in. */
export async function locateActiveUsers(client: Tx, accountId: string): Promise<readonly Place[]> {
  const rows: unknown = await client.$queryRaw`
    SELECT tenant_id, id FROM find_active_users_of_account(${accountId}::uuid)`;
  return toPlaces(rows);
}

export function toUser(row: UserRow): User {
  const { id, tenantId, accountId, email, name, createdAt, lastSeenAt } = row;
  const status = z.enum(['ACTIVE', 'INVITED', 'DEACTIVATED']).parse(row.status);
  const roleNames = row.roles.map(({ role }) => role);
  return { tenantId, id, accountId, email, name, status, roleNames, createdAt, lastSeenAt };
}

/** Prisma hands the text to ILIKE as it is. */
function escapeWildcards(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
