/** Who is asking: with the auth service, or for a router without identity, nobody in particular. */
import type { Viewer } from '../gateway/request.ts';
import type { Grant } from './auth-client.ts';
import type { ContextTokens } from './context-tokens.ts';

export interface ResolvedViewer {
  readonly viewer: Viewer;
  readonly accessTokenExpiresAt: Date | null;
  readonly isMatchedBy: (notice: string) => boolean;
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
      viewer: { permissions: new Set(), anonymous: true, tokenFor: () => undefined },
      accessTokenExpiresAt: null,
      isMatchedBy: () => false,
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
          tokenFor: (subgraph) => grant.tokens.get(subgraph),
        },
        accessTokenExpiresAt: grant.accessTokenExpiresAt,
        isMatchedBy: (notice) => matchesNotice(grant, notice),
      };
    },
    drop: (bearer) => tokens.drop(bearer),
  };
}

/** A revocation notice names a session, or `tenant:<id>`, or `user:<id>`. */
export function matchesNotice(grant: Grant, notice: string): boolean {
  if (notice.startsWith('tenant:')) return grant.tenantId === notice.slice('tenant:'.length);
  if (notice.startsWith('user:')) return grant.actorId === notice.slice('user:'.length);
  return grant.sessionId === notice;
}
