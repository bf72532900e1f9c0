/**
 * How many operations somebody may send: per actor, and without a valid token per client address. Every operation costs one, whatever
 * it asks for: what a single one may cost is bounded by itself (`cost.ts`), a client can count its operations, and a price by content
 * would need the document, which is parsed only for those who may still ask.
 */
import { Counter, type Registry } from '@flowgrid/platform';
import type { RateDecision, RateLimits } from '@flowgrid/shared-state';
import { networkOf } from './network.ts';

export interface RateLimitSettings {
  readonly perMinute: number;
  readonly anonymousPerMinute: number;
}

export interface Actor {
  readonly tenantId: string;
  readonly actorId: string;
}

/** Who sends an operation; without an actor, the address is all that is known. */
export interface Caller {
  readonly actor: Actor | null;
  readonly clientAddress: string | null;
}

export interface RateOutcome extends RateDecision {
  readonly policy: 'actor' | 'address';
  readonly limit: number;
  readonly windowSeconds: number;
}

export interface RateLimiterOptions {
  readonly rateLimits: RateLimits;
  readonly settings: RateLimitSettings;
  readonly registry: Registry;
}

const WINDOW_SECONDS = 60;

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #refusals: Counter<'policy'>;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#refusals = new Counter({
      name: 'router_rate_limited_total',
      help: 'Operations that were refused because their sender sent too many.',
      labelNames: ['policy'],
      registers: [options.registry],
    });
  }

  /** Counts one operation of the caller, and says whether it may run. Never rejects. */
  async take({ actor, clientAddress }: Caller): Promise<RateOutcome> {
    const { rateLimits, settings } = this.#options;
    const policy = actor ? 'actor' : 'address';
    const limit = actor ? settings.perMinute : settings.anonymousPerMinute;
    const decision = await rateLimits.take(
      actor ? ['actor', actor.tenantId, actor.actorId] : ['address', networkOf(clientAddress ?? 'unknown')],
      { limit, windowSeconds: WINDOW_SECONDS },
    );
    if (!decision.isAllowed) this.#refusals.inc({ policy });
    return { ...decision, policy, limit, windowSeconds: WINDOW_SECONDS };
  }
}
