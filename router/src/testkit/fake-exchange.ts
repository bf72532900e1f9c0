/** Stands for the auth service: grants what a test says. */
import { FlowgridError, type Clock } from '@flowgrid/platform';
import type { Grant, TokenExchange } from '../identity/auth-client.ts';

const CONTEXT_TOKEN_MS = 300_000;

export type Viewer = Partial<Omit<Grant, 'tokens' | 'expiresAt' | 'permissions'>> & {
  readonly permissions?: readonly string[];
};

export class FakeExchange implements TokenExchange {
  readonly #clock: Clock;
  readonly #viewers = new Map<string | null, Viewer>();
  readonly asked: (string | null)[] = [];
  isReachable = true;
  /** Tokens whose tenant has too much under way at auth. */
  readonly busy = new Set<string | null>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  grant(bearer: string | null, viewer: Viewer): void {
    this.#viewers.set(bearer, viewer);
  }

  refuse(bearer: string): void {
    this.#viewers.delete(bearer);
  }

  exchange(bearer: string | null): Promise<Grant> {
    this.asked.push(bearer);
    if (!this.isReachable) return Promise.reject(new FlowgridError('SERVICE_UNAVAILABLE', 'No answer.'));
    if (this.busy.has(bearer)) return Promise.reject(new FlowgridError('RATE_LIMITED', 'Too many.'));
    const viewer = this.#viewers.get(bearer);
    if (!viewer) return Promise.reject(new FlowgridError('UNAUTHENTICATED', 'Not valid.'));
    return Promise.resolve(this.#toGrant(bearer, viewer));
  }

  #toGrant(bearer: string | null, viewer: Viewer): Grant {
    const tokens = ['agents', 'auth', 'design'].map(
      (audience) => [audience, `context-${audience}-${bearer ?? 'anonymous'}-${this.asked.length}`] as const,
    );
    return {
      accessTokenExpiresAt: null,
      anonymous: bearer === null,
      tenantId: 'tenant-1',
      sessionId: `session-of-${bearer}`,
      actorId: `actor-of-${bearer}`,
      ...viewer,
      tokens: new Map(tokens),
      expiresAt: new Date(this.#clock.now().getTime() + CONTEXT_TOKEN_MS),
      permissions: new Set(viewer.permissions ?? []),
    };
  }
}
