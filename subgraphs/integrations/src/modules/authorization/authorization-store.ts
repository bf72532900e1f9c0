import type { Tx } from '../../database.ts';

export interface NewAuthorization {
  readonly id: string;
  readonly integrationId: string;
  readonly userId: string;
  readonly stateHash: string;
  readonly envelope: object;
  readonly connectionRevision: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface StartedAuthorization {
  readonly id: string;
  readonly integrationId: string;
  readonly envelope: unknown;
  readonly connectionRevision: number;
  readonly expiresAt: Date;
}

export async function insertAuthorization(
  tx: Tx,
  tenantId: string,
  started: NewAuthorization,
): Promise<void> {
  await tx.authorizationRequest.create({ data: { tenantId, ...started } });
}

export async function deleteExpiredAuthorizations(tx: Tx, tenantId: string, now: Date): Promise<void> {
  await tx.authorizationRequest.deleteMany({ where: { tenantId, expiresAt: { lte: now } } });
}

export function countAuthorizations(tx: Tx, tenantId: string, userId: string): Promise<number> {
  return tx.authorizationRequest.count({ where: { tenantId, userId } });
}

/** Takes it away: whoever comes second finds nothing. Null for one of another user as for one that never was. */
export async function takeAuthorization(
  tx: Tx,
  tenantId: string,
  { userId, stateHash }: { readonly userId: string; readonly stateHash: string },
): Promise<StartedAuthorization | null> {
  const [taken] = await tx.$queryRaw<StartedAuthorization[]>`
    DELETE FROM authorization_request
     WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid AND state_hash = ${stateHash}
    RETURNING id, integration_id AS "integrationId", envelope, connection_revision AS "connectionRevision",
              expires_at AS "expiresAt"`;
  return taken ?? null;
}

/** Of an integration whose credential is one to sign in with in the browser. */
export interface SignInFacts {
  readonly id: string;
  /** With the present credential, be it over or not. */
  readonly isSignedIn: boolean;
  readonly endReason: string | null;
}

/** Which way of signing in it is, is told by the names of the credential's fields: nothing is opened for it. */
export async function listSignInFacts(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly SignInFacts[]> {
  return tx.$queryRaw<SignInFacts[]>`
    SELECT integration.id,
           coalesce(token.connection_revision = integration.connection_revision, false) AS "isSignedIn",
           token.end_reason AS "endReason"
      FROM integration
      JOIN integration_credential AS credential
        ON credential.tenant_id = integration.tenant_id AND credential.integration_id = integration.id
       AND credential.field = CASE integration.kind WHEN 'SERVICENOW' THEN 'grantType' ELSE 'clientId' END
      LEFT JOIN oauth_token AS token
        ON token.tenant_id = integration.tenant_id AND token.integration_id = integration.id
     WHERE integration.tenant_id = ${tenantId}::uuid AND integration.id = ANY (${[...ids]}::uuid[])`;
}
