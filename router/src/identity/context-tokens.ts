/** Keeps the grants of the bearer tokens in use: renewed in the background, dropped when a revocation is heard of. */
import { createHash } from 'node:crypto';
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import type { EpochKey } from '@flowgrid/shared-state';
import { BoundedCache } from '../gateway/bounded-cache.ts';
import type { Grant, TokenExchange } from './auth-client.ts';
import { epochKeysOf } from './identity.ts';

export interface ContextTokensOptions {
  readonly exchange: TokenExchange;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age at which a grant is renewed in the background; at one and a half times of it, requests wait for the renewal. */
  readonly renewAfterMs: number;
  readonly capacity?: number;
}

interface Entry {
  readonly grant: Grant;
  readonly grantedAt: number;
}

const DEFAULT_CAPACITY = 10_000;
const WAIT_FACTOR = 1.5;
/** After auth gave no answer, requests do not wait for it again for this long while they have a grant. */
const UNREACHABLE_PAUSE_MS = 5_000;
/**
 * Longest bearer token that is looked at; longer ones are refused without asking. Well below the 16 KiB of headers that
 * auth's server reads: its refusal of more would pass for an outage.
 */
const MAX_TOKEN_LENGTH = 8 * 1024;

/** Which grants a revocation speaks of. */
export type RevocationFilter = (grant: Grant) => boolean;

export class ContextTokens {
  readonly #options: ContextTokensOptions;
  readonly #entries: BoundedCache<Entry>;
  readonly #renewals = new Map<string, Promise<Grant>>();
  /** Rises with every drop and every look at the keys, so that a renewal which began before it is not kept. */
  #generation = 0;
  #unreachableUntil = 0;

  constructor(options: ContextTokensOptions) {
    this.#options = options;
    this.#entries = new BoundedCache(options.capacity ?? DEFAULT_CAPACITY);
  }

  /**
   * The grant of a bearer token; null asks for the anonymous one.
   * @throws FlowgridError `UNAUTHENTICATED`, or `SERVICE_UNAVAILABLE` or `RATE_LIMITED` when auth cannot be asked and no unexpired
   * grant is at hand.
   */
  async resolve(bearer: string | null): Promise<Grant> {
    if (bearer !== null && bearer.length > MAX_TOKEN_LENGTH) {
      throw new FlowgridError('UNAUTHENTICATED', 'The access token is not valid. Sign in again.');
    }
    const key = keyOf(bearer);
    const entry = this.#entries.get(key);
    const now = this.#options.clock.now().getTime();
    if (!entry || !isUsable(entry.grant, now)) return this.#renew(key, bearer);
    const age = now - entry.grantedAt;
    if (age < this.#options.renewAfterMs || now < this.#unreachableUntil) return entry.grant;
    const renewal = this.#renew(key, bearer);
    if (age >= this.#options.renewAfterMs * WAIT_FACTOR) {
      return renewal.catch((error: unknown) => this.#orStillValid(key, error));
    }
    // The outcome of a background renewal is seen by the next request: a refusal has dropped the entry.
    renewal.catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'background renewal of a context token failed');
    });
    return entry.grant;
  }

  /** Drops the grant of one bearer token, so that the next request asks auth. */
  drop(bearer: string | null): void {
    this.#generation += 1;
    this.#entries.delete(keyOf(bearer));
  }

  /** Drops every grant that a revocation speaks of. */
  revoke(filter: RevocationFilter): void {
    this.#generation += 1;
    for (const [key, { grant }] of this.#entries.entries()) {
      if (filter(grant)) this.#entries.delete(key);
    }
  }

  /** Whose revocation would end a grant that is kept. One that is under way is not among them, and is not kept. */
  heldKeys(): ReadonlySet<EpochKey> {
    this.#generation += 1;
    return new Set([...this.#entries.entries()].flatMap(([, { grant }]) => epochKeysOf(grant)));
  }

  #renew(key: string, bearer: string | null): Promise<Grant> {
    const renewalKey = `${this.#generation} ${key}`;
    const running = this.#renewals.get(renewalKey);
    if (running) return running;
    const renewal = this.#exchange(key, bearer).finally(() => this.#renewals.delete(renewalKey));
    this.#renewals.set(renewalKey, renewal);
    return renewal;
  }

  async #exchange(key: string, bearer: string | null): Promise<Grant> {
    const generation = this.#generation;
    try {
      const grantedAt = this.#options.clock.now().getTime();
      const grant = await this.#options.exchange.exchange(bearer);
      if (generation === this.#generation) this.#entries.set(key, { grant, grantedAt });
      return grant;
    } catch (error) {
      if (isRefusal(error)) this.#entries.delete(key);
      else if (!isBusy(error))
        this.#unreachableUntil = this.#options.clock.now().getTime() + UNREACHABLE_PAUSE_MS;
      throw error;
    }
  }

  /** While auth gives no answer, what it granted before holds until it expires. */
  #orStillValid(key: string, error: unknown): Grant {
    const entry = this.#entries.get(key);
    if (isRefusal(error) || !entry) throw error;
    if (!isUsable(entry.grant, this.#options.clock.now().getTime())) throw error;
    return entry.grant;
  }
}

function isUsable({ expiresAt, accessTokenExpiresAt }: Grant, now: number): boolean {
  if (expiresAt.getTime() <= now) return false;
  return accessTokenExpiresAt === null || accessTokenExpiresAt.getTime() > now;
}

function isRefusal(error: unknown): boolean {
  return error instanceof FlowgridError && error.code === 'UNAUTHENTICATED';
}

/** Auth is there, and refuses the tenant of this token for now. */
function isBusy(error: unknown): boolean {
  return error instanceof FlowgridError && error.code === 'RATE_LIMITED';
}

/** The tokens themselves are not kept in memory longer than their request. */
function keyOf(bearer: string | null): string {
  return bearer === null ? 'anonymous' : createHash('sha256').update(bearer).digest('base64url');
}
