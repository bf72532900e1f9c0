/** Asks the auth service to exchange a bearer token for context tokens. */
import {
  FlowgridError,
  currentTraceparent,
  openReplicaClient,
  type Logger,
  type ReplicaClient,
  type ServiceUrls,
} from '@flowgrid/platform';
import { z } from 'zod';

const DEADLINE_MS = 5_000;
const CONNECTIONS = 32;

/** What the auth service says of a bearer token. */
export interface Grant {
  /** Context token by audience. */
  readonly tokens: ReadonlyMap<string, string>;
  /** When the context tokens expire. */
  readonly expiresAt: Date;
  /** When the access token expires; null for keys without end and for anonymous requests. */
  readonly accessTokenExpiresAt: Date | null;
  readonly permissions: ReadonlySet<string>;
  readonly anonymous: boolean;
  readonly tenantId: string | null;
  readonly sessionId: string | null;
  readonly actorId: string | null;
}

/**
 * Exchanges a bearer token; null asks for an anonymous grant.
 * Throws `UNAUTHENTICATED` when auth refuses the token, `RATE_LIMITED` when its tenant has too much under way there, and
 * `SERVICE_UNAVAILABLE` when auth gives no answer.
 */
export interface TokenExchange {
  exchange(bearer: string | null): Promise<Grant>;
}

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const answerModel = z.object({
  tokens: z.record(z.string(), z.string()),
  expiresAt: instant,
  accessTokenExpiresAt: instant.nullable(),
  permissions: z.array(z.string()),
  anonymous: z.boolean(),
  tenantId: z.string().nullable(),
  sessionId: z.string().nullable(),
  actorId: z.string().nullable(),
});

export interface AuthClientOptions {
  readonly authUrls: ServiceUrls;
  readonly audiences: readonly string[];
  readonly logger: Logger;
}

export class AuthClient implements TokenExchange, AsyncDisposable {
  readonly #client: ReplicaClient;
  readonly #audiences: readonly string[];

  constructor({ authUrls, audiences, logger }: AuthClientOptions) {
    this.#audiences = audiences;
    this.#client = openReplicaClient({
      service: 'auth',
      urls: authUrls,
      logger,
      connections: CONNECTIONS,
      timeoutMs: DEADLINE_MS,
    });
  }

  async exchange(bearer: string | null): Promise<Grant> {
    const response = await this.#post(bearer);
    if (response.status === 401) {
      throw new FlowgridError('UNAUTHENTICATED', 'The access token is not valid. Sign in again.');
    }
    if (response.status === 429) {
      throw new FlowgridError(
        'RATE_LIMITED',
        'Too many operations of your tenant are under way. Send fewer at once.',
      );
    }
    const answer = answerModel.safeParse(response.body);
    if (response.status !== 200 || !answer.success) {
      throw unavailable(new Error(`auth answered ${response.status}`));
    }
    return {
      ...answer.data,
      tokens: new Map(Object.entries(answer.data.tokens)),
      permissions: new Set(answer.data.permissions),
    };
  }

  /** Rejects while auth is not ready. */
  async checkReady(): Promise<void> {
    const { status } = await this.#client.fetch('/readyz', { signal: AbortSignal.timeout(DEADLINE_MS) });
    if (status !== 200) throw new Error(`auth is not ready: ${status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  async #post(bearer: string | null): Promise<{ status: number; body: unknown }> {
    const traceparent = currentTraceparent();
    try {
      const response = await this.#client.fetch('/internal/context', {
        method: 'POST',
        // It says who the bearer is, and changes nothing.
        isRepeatable: true,
        headers: {
          'content-type': 'application/json',
          ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
          ...(traceparent !== undefined && { traceparent }),
        },
        body: JSON.stringify({ audiences: this.#audiences }),
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function unavailable(cause: unknown): FlowgridError {
  return new FlowgridError('SERVICE_UNAVAILABLE', 'Sign-in cannot be checked at the moment. Try again.', {
    cause,
  });
}
