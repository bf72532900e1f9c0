/** Exchanges an access token for context tokens: what it stands for now, not when it was issued. */
import { signContextToken, type ContextClaims, type Permission } from '@flowgrid/access';
import { CONTEXT_TOKEN_LIFETIME_SECONDS } from '@flowgrid/access';
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import type { AuthDatabase } from '../../database.ts';
import { verifyAccessToken, type AccessTokenClaims } from '../session/access-token.ts';
import { findIdentity, touchUser, type Identity } from '../session/session-store.ts';
import type { KeyRing } from '../signing-key/key-ring.ts';
import { permissionsOf } from '../user/role.ts';

/** `lastSeenAt` is exact to this. */
const SEEN_INTERVAL_MS = 60_000;

export interface ContextGrant {
  /** One context token per audience. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly expiresAt: string;
  readonly accessTokenExpiresAt: string | null;
  readonly permissions: readonly Permission[];
  readonly anonymous: boolean;
  readonly tenantId: string | null;
  readonly sessionId: string | null;
  readonly actorId: string | null;
}

export interface ContextServiceOptions {
  readonly database: AuthDatabase;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly issuer: string;
}

export class ContextService {
  readonly #options: ContextServiceOptions;

  constructor(options: ContextServiceOptions) {
    this.#options = options;
  }

  /**
   * @param authorization value of the header; undefined asks for an anonymous grant.
   * @throws FlowgridError `UNAUTHENTICATED`, the same whatever is wrong with the token; `SERVICE_UNAVAILABLE`.
   */
  async grant(authorization: string | undefined, audiences: readonly string[]): Promise<ContextGrant> {
    if (authorization === undefined) return this.#grantAnonymous(audiences);
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw refused();
    const { keyRing, issuer, clock } = this.#options;
    const claims = await verifyAccessToken(token, { keys: keyRing.verifier('access'), issuer, clock });
    if (!claims) throw refused();
    return this.#grantToUser(claims, audiences);
  }

  async #grantAnonymous(audiences: readonly string[]): Promise<ContextGrant> {
    return {
      ...(await this.#sign({ kind: 'anonymous' }, audiences)),
      accessTokenExpiresAt: null,
      permissions: [],
      anonymous: true,
      tenantId: null,
      sessionId: null,
      actorId: null,
    };
  }

  async #grantToUser(claims: AccessTokenClaims, audiences: readonly string[]): Promise<ContextGrant> {
    const { tenantId, sessionId, userId } = claims;
    const now = this.#options.clock.now();
    const identity = await this.#options.database.readInTenant(tenantId, (tx) =>
      findIdentity(tx, { tenantId, sessionId, userId, now }),
    );
    if (!identity) throw refused();
    const permissions = permissionsOf(identity.roleNames);
    const actor = { kind: 'USER', id: userId, name: identity.name, userId } as const;
    const [signed] = await Promise.all([
      this.#sign({ kind: 'tenant', tenantId, actor, permissions, sessionId }, audiences),
      this.#touch(claims, identity, now),
    ]);
    const accessTokenExpiresAt = claims.expiresAt.toISOString();
    return {
      ...signed,
      accessTokenExpiresAt,
      permissions,
      anonymous: false,
      tenantId,
      sessionId,
      actorId: userId,
    };
  }

  async #sign(
    claims: ContextClaims,
    audiences: readonly string[],
  ): Promise<Pick<ContextGrant, 'tokens' | 'expiresAt'>> {
    const { keyRing, clock } = this.#options;
    const key = keyRing.signer('context');
    // Read before the tokens are signed: none expires earlier than is said.
    const seconds = Math.floor(clock.now().getTime() / 1000) + CONTEXT_TOKEN_LIFETIME_SECONDS;
    const pairs = await Promise.all(
      audiences.map(
        async (audience) => [audience, await signContextToken(claims, audience, { key, clock })] as const,
      ),
    );
    return { tokens: Object.fromEntries(pairs), expiresAt: new Date(seconds * 1000).toISOString() };
  }

  async #touch({ tenantId, userId }: AccessTokenClaims, { lastSeenAt }: Identity, now: Date): Promise<void> {
    const unlessSince = new Date(now.getTime() - SEEN_INTERVAL_MS);
    if (lastSeenAt !== null && lastSeenAt > unlessSince) return;
    try {
      await this.#options.database.inTenant(tenantId, (tx) =>
        touchUser(tx, { tenantId, id: userId }, { now, unlessSince }),
      );
    } catch (error) {
      // When the user was last seen is no reason to turn the user away.
      this.#options.logger.warn({ err: error }, 'the time of the visit was not recorded');
    }
  }
}

function refused(): FlowgridError {
  return new FlowgridError('UNAUTHENTICATED', 'The access token is not valid. Sign in again.');
}
