import type { Tx } from '../../database.ts';

export interface TokenPlace {
  readonly tenantId: string;
  readonly integrationId: string;
}

/** Of the tokens that somebody signed in for; each refresh counts on. */
export const FIRST_GENERATION = 1;

/** The tokens of a sign-in as they are stored. */
export interface TokenRow {
  readonly envelope: unknown;
  readonly connectionRevision: number;
  readonly generation: number;
  readonly apiUrl: string | null;
  readonly expiresAt: Date | null;
  /** When these tokens were had. */
  readonly refreshedAt: Date;
  readonly refreshStartedAt: Date | null;
  readonly leaseUntil: Date | null;
  readonly endReason: string | null;
}

const COLUMNS = {
  envelope: true,
  connectionRevision: true,
  generation: true,
  apiUrl: true,
  expiresAt: true,
  refreshedAt: true,
  refreshStartedAt: true,
  leaseUntil: true,
  endReason: true,
} as const;

export async function findToken(tx: Tx, { tenantId, integrationId }: TokenPlace): Promise<TokenRow | null> {
  return tx.oAuthToken.findFirst({ where: { tenantId, integrationId }, select: COLUMNS });
}

/** Locks the row until the transaction ends. */
export async function findTokenForUpdate(tx: Tx, place: TokenPlace): Promise<TokenRow | null> {
  const { tenantId, integrationId } = place;
  await tx.$queryRaw`SELECT 1 FROM oauth_token
    WHERE tenant_id = ${tenantId}::uuid AND integration_id = ${integrationId}::uuid FOR UPDATE`;
  return findToken(tx, place);
}

/** Of a new sign-in, in the place of whatever there was. */
export async function saveToken(
  tx: Tx,
  { tenantId, integrationId }: TokenPlace,
  signedIn: {
    readonly envelope: object;
    readonly connectionRevision: number;
    readonly apiUrl: string | null;
    readonly expiresAt: Date | null;
    readonly refreshedAt: Date;
  },
): Promise<void> {
  await tx.oAuthToken.deleteMany({ where: { tenantId, integrationId } });
  await tx.oAuthToken.create({
    data: { tenantId, integrationId, ...signedIn, generation: FIRST_GENERATION },
  });
}

export async function takeLease(
  tx: Tx,
  { tenantId, integrationId }: TokenPlace,
  lease: { readonly startedAt: Date; readonly until: Date },
): Promise<void> {
  await tx.oAuthToken.updateMany({
    where: { tenantId, integrationId },
    data: { refreshStartedAt: lease.startedAt, leaseUntil: lease.until },
  });
}

/** False when there is another pair already: then this one is not the last that the vendor gave. */
export async function replaceToken(
  tx: Tx,
  { tenantId, integrationId }: TokenPlace,
  refreshed: {
    /** Of the pair that it was had for. */
    readonly generation: number;
    readonly connectionRevision: number;
    readonly envelope: object;
    readonly expiresAt: Date | null;
    readonly refreshedAt: Date;
  },
): Promise<boolean> {
  const { generation, connectionRevision, ...data } = refreshed;
  const { count } = await tx.oAuthToken.updateMany({
    where: { tenantId, integrationId, generation, connectionRevision },
    data: {
      ...data,
      generation: generation + 1,
      refreshStartedAt: null,
      leaseUntil: null,
      // Whoever was told meanwhile that the former pair has ended was told too early.
      endedAt: null,
      endReason: null,
    },
  });
  return count === 1;
}

/** Lets others try at once. `isUnanswered` when the vendor may have given tokens that did not arrive. */
export async function giveBackLease(
  tx: Tx,
  { tenantId, integrationId }: TokenPlace,
  { generation, isUnanswered }: { readonly generation: number; readonly isUnanswered: boolean },
): Promise<void> {
  await tx.oAuthToken.updateMany({
    where: { tenantId, integrationId, generation },
    data: { leaseUntil: null, ...(!isUnanswered && { refreshStartedAt: null }) },
  });
}

export async function endToken(
  tx: Tx,
  { tenantId, integrationId }: TokenPlace,
  { generation, reason, at }: { readonly generation: number; readonly reason: string; readonly at: Date },
): Promise<boolean> {
  const { count } = await tx.oAuthToken.updateMany({
    where: { tenantId, integrationId, generation, endedAt: null },
    data: { endedAt: at, endReason: reason, refreshStartedAt: null, leaseUntil: null },
  });
  return count === 1;
}

/** Of all tenants: whose refresh ended without an answer, or who were not refreshed for so long. */
export async function listTokensToTend(
  client: Pick<Tx, '$queryRaw'>,
  { unusedDays, limit }: { readonly unusedDays: number; readonly limit: number },
): Promise<readonly TokenPlace[]> {
  return client.$queryRaw<TokenPlace[]>`
    SELECT tenant_id AS "tenantId", id AS "integrationId"
      FROM list_oauth_tokens_to_tend(${unusedDays}::int, ${limit}::int)`;
}

export async function deleteToken(tx: Tx, { tenantId, integrationId }: TokenPlace): Promise<void> {
  await tx.oAuthToken.deleteMany({ where: { tenantId, integrationId } });
}
