import { z } from 'zod';
import type { Tx } from '../../database.ts';
import type { Prisma } from '../../generated/prisma/client.ts';
import { toPlaces, type Place } from '../../place.ts';

export type RevocationReason = 'SIGNED_OUT' | 'TOKEN_REUSED';

/** Names a session. */
export interface SessionKey {
  readonly tenantId: string;
  readonly id: string;
}

/** What a bearer token stands for, as it is now. */
export interface Identity {
  readonly name: string;
  readonly lastSeenAt: Date | null;
  readonly roleNames: readonly string[];
}

export type RefreshTokenRow = Prisma.RefreshTokenGetPayload<{ include: { session: true } }>;

const identityModel = z
  .array(z.object({ name: z.string(), lastSeenAt: z.date().nullable(), roleNames: z.array(z.string()) }))
  .max(1);

/** One statement, for every request passes here: the session goes on, and user and account are active. */
export async function findIdentity(
  tx: Tx,
  wanted: {
    readonly tenantId: string;
    readonly sessionId: string;
    readonly userId: string;
    readonly now: Date;
  },
): Promise<Identity | null> {
  const { tenantId, sessionId, userId, now } = wanted;
  const rows: unknown = await tx.$queryRaw`
    SELECT u.name, u.last_seen_at AS "lastSeenAt",
      ARRAY(SELECT r.role FROM user_role r WHERE r.tenant_id = u.tenant_id AND r.user_id = u.id) AS "roleNames"
    FROM session s
    JOIN app_user u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
    JOIN account a ON a.id = u.account_id
    WHERE s.tenant_id = ${tenantId}::uuid AND s.id = ${sessionId}::uuid AND s.user_id = ${userId}::uuid
      AND s.revoked_at IS NULL AND s.expires_at > ${now}::timestamptz
      AND u.status = 'ACTIVE' AND a.status = 'ACTIVE'`;
  return identityModel.parse(rows)[0] ?? null;
}

/** Several processes may try at once; the condition keeps it at one write a minute. */
export async function touchUser(
  tx: Tx,
  user: { readonly tenantId: string; readonly id: string },
  seen: { readonly now: Date; readonly unlessSince: Date },
): Promise<void> {
  await tx.user.updateMany({
    where: { ...user, OR: [{ lastSeenAt: null }, { lastSeenAt: { lte: seen.unlessSince } }] },
    data: { lastSeenAt: seen.now },
  });
}

export async function createSession(
  tx: Tx,
  session: Required<
    Pick<Prisma.SessionUncheckedCreateInput, 'tenantId' | 'id' | 'userId' | 'createdAt' | 'expiresAt'>
  >,
): Promise<void> {
  await tx.session.create({ data: session });
}

export async function createRefreshToken(
  tx: Tx,
  token: Omit<Prisma.RefreshTokenUncheckedCreateInput, 'usedAt'>,
): Promise<void> {
  await tx.refreshToken.create({ data: token });
}

export async function locateRefreshToken(client: Tx, tokenHash: string): Promise<Place | null> {
  const rows: unknown = await client.$queryRaw`
    SELECT tenant_id, id FROM find_refresh_token_by_hash(${tokenHash})`;
  return toPlaces(rows)[0] ?? null;
}

export async function getRefreshToken(tx: Tx, { tenantId, id }: Place): Promise<RefreshTokenRow> {
  return tx.refreshToken.findUniqueOrThrow({
    where: { tenantId_id: { tenantId, id } },
    include: { session: true },
  });
}

/** False when the token was used before, also by a request at the same time. */
export async function useRefreshToken(tx: Tx, { tenantId, id }: Place, usedAt: Date): Promise<boolean> {
  const { count } = await tx.refreshToken.updateMany({
    where: { tenantId, id, usedAt: null },
    data: { usedAt },
  });
  return count === 1;
}

/** True when the session goes on. */
export async function isSessionActive(tx: Tx, { tenantId, id }: SessionKey, now: Date): Promise<boolean> {
  const count = await tx.session.count({ where: { tenantId, id, revokedAt: null, expiresAt: { gt: now } } });
  return count === 1;
}

/** Ends the sessions that go on, and returns how many those were. */
export async function revokeSessions(
  tx: Tx,
  which: { readonly tenantId: string; readonly id?: string; readonly userId?: string },
  revocation: { readonly at: Date; readonly reason: RevocationReason },
): Promise<number> {
  const { count } = await tx.session.updateMany({
    where: { ...which, revokedAt: null },
    data: { revokedAt: revocation.at, revokedReason: revocation.reason },
  });
  return count;
}
