/** Who is asking: with the auth service, or for a router without identity, nobody in particular. */
import type { EpochKey } from '@flowgrid/shared-state';
import type { Viewer } from '../gateway/request.ts';
import type { Actor } from '../limits/rate-limiter.ts';
import type { Grant } from './auth-client.ts';
import type { ContextTokens } from './context-tokens.ts';

export interface ResolvedViewer {
  readonly viewer: Viewer;
  readonly accessTokenExpiresAt: Date | null;
  /** Null for anonymous ones. */
  readonly actor: Actor | null;
  readonly isGrantedUnder: (key: EpochKey) => boolean;
}

export interface Identity {
  /** False when the router runs without identity: scopes are not checked and no tokens are sent. */
  readonly isEnabled: boolean;
  /** @throws FlowgridError `UNAUTHENTICATED` or `SERVICE_UNAVAILABLE`. */
  resolve(bearer: string | null): Promise<ResolvedViewer>;
  /** A subgraph did not accept the context token that came of this bearer token. */
  drop(bearer: string | null): void;
}

export const noIdentity: Identity = {
  isEnabled: false,
  resolve: () =>
    Promise.resolve({
      viewer: { permissions: new Set(), anonymous: true, tenantId: null, tokenFor: () => undefined },
      accessTokenExpiresAt: null,
      actor: null,
      isGrantedUnder: () => false,
    }),
  drop: () => undefined,
};

export function tokenIdentity(tokens: ContextTokens): Identity {
  return {
    isEnabled: true,
    resolve: async (bearer) => {
      const grant = await tokens.resolve(bearer);
      return {
        viewer: {
          permissions: grant.permissions,
          anonymous: grant.anonymous,
          tenantId: grant.tenantId,
          tokenFor: (subgraph) => grant.tokens.get(subgraph),
        },
        accessTokenExpiresAt: grant.accessTokenExpiresAt,
        actor: actorOf(grant),
        isGrantedUnder: (key) => isGrantedUnder(grant, key),
      };
    },
    drop: (bearer) => tokens.drop(bearer),
  };
}

function actorOf({ anonymous, tenantId, actorId }: Grant): Actor | null {
  return anonymous || tenantId === null || actorId === null ? null : { tenantId, actorId };
}

/** True when a grant ends with the revocation of a tenant, a user or a session. */
export function isGrantedUnder(grant: Grant, key: EpochKey): boolean {
  return epochKeysOf(grant).includes(key);
}

/** Whose revocation ends a grant. */
export function epochKeysOf({ tenantId, actorId, sessionId }: Grant): readonly EpochKey[] {
  return [
    ...(tenantId === null ? [] : [`tenant:${tenantId}` as const]),
    ...(actorId === null ? [] : [`user:${actorId}` as const]),
    ...(sessionId === null ? [] : [`session:${sessionId}` as const]),
  ];
}
