/** What the router reads from its environment. */
import { fileURLToPath } from 'node:url';
import { readEnv, serviceEnv, serviceUrls, toHttpOptions, type ServiceUrls } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv, type SharedStateChoice } from '@flowgrid/shared-state';
import { z } from 'zod';
import type { RateLimitSettings } from './limits/rate-limiter.ts';

export type EnvSource = Readonly<Record<string, string | undefined>>;

const rateLimit = z.coerce.number().int().positive();

/** The variables that every router knows; beside them each subgraph has a `SUBGRAPH_<NAME>_URL`, read like `AUTH_URL`. */
export const routerEnv = z.object({
  ...serviceEnv,
  PORT: serviceEnv.PORT.default(4000),
  SUPERGRAPH_PATH: z
    .string()
    .default(fileURLToPath(new URL('../supergraph.graphql', import.meta.url)))
    .describe('The composed schema.'),
  ROUTER_IDENTITY: z
    .enum(['on', 'off'], { error: 'must be "on" or "off"' })
    .default('on')
    .describe('off runs a supergraph without identity, to measure or audit it: it is open to everyone.'),
  AUTH_URL: serviceUrls.describe('Addresses of the auth service, separated by commas.'),
  ...sharedStateEnv,
  CONTEXT_RENEW_SECONDS: z.coerce
    .number()
    .positive()
    .max(300)
    .default(60)
    .describe('Age at which context tokens are renewed, in seconds.'),
  OPERATION_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .positive()
    .default(10_000)
    .describe('Time of a whole operation; what is not there by then is null with SERVICE_UNAVAILABLE.'),
  SUBGRAPH_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .positive()
    .default(10_000)
    .describe('Time of one call of a subgraph.'),
  RATE_LIMIT_PER_MINUTE: rateLimit.default(1200).describe('Operations that one actor may send in a minute.'),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: rateLimit
    .default(300)
    .describe('Operations without a valid token that may come from one client address in a minute.'),
  TRUST_PROXY: z
    .enum(['true', 'false'], { error: 'must be "true" or "false"' })
    .default('false')
    .describe('true when one proxy before the router writes X-Forwarded-For.'),
});

export interface RouterEnv {
  readonly environment: 'development' | 'test' | 'production';
  readonly http: ReturnType<typeof toHttpOptions>;
  /** How long requests are still served after SIGTERM. */
  readonly drainSeconds: number;
  readonly logLevel: z.output<(typeof serviceEnv)['LOG_LEVEL']>;
  /** Where traces go; undefined takes none. */
  readonly otlpEndpoint: string | undefined;
  /** Null runs the router without identity: open to everyone, no context tokens, no scopes. */
  readonly authUrls: ServiceUrls | null;
  /** Without an address, revocation works by the renewal of context tokens alone, and every router counts by itself. */
  readonly sharedState: SharedStateChoice;
  readonly renewContextMs: number;
  /** For a whole operation, whatever its fetches may take. */
  readonly operationTimeoutMs: number;
  readonly subgraphTimeoutMs: number;
  readonly rateLimits: RateLimitSettings;
  /** One proxy before the router writes `X-Forwarded-For`; else the header is a claim of the client. */
  readonly trustsProxy: boolean;
}

export interface SubgraphVariables {
  readonly subgraphs?: readonly string[];
  readonly required?: readonly string[];
}

export function processEnvironment(): EnvSource {
  return process.env;
}

export function readSupergraphPath(source: EnvSource): string {
  return routerEnv.shape.SUPERGRAPH_PATH.parse(source['SUPERGRAPH_PATH'] || undefined);
}

/** Base addresses of a subgraph by the name of its variable; undefined when it is not set, or not right: `readRouterEnv` says so. */
export function readSubgraphUrls(source: EnvSource, variable: string): ServiceUrls | undefined {
  return serviceUrls.safeParse(source[variable]).data;
}

/**
 * Reads everything else. `subgraphs` are the variables of the supergraph's subgraphs; `required` those without which one has no address.
 * @throws EnvError that lists all problems.
 */
export function readRouterEnv(
  source: EnvSource,
  { subgraphs = [], required = [] }: SubgraphVariables = {},
): RouterEnv {
  const hasIdentity = source['ROUTER_IDENTITY'] !== 'off';
  const env = readEnv(
    routerEnv.extend({
      AUTH_URL: hasIdentity ? serviceUrls : serviceUrls.optional(),
      ...Object.fromEntries(subgraphs.map((name) => [name, serviceUrls.optional()])),
      ...Object.fromEntries(required.map((name) => [name, serviceUrls])),
    }),
    source,
    SHARED_STATE_CONTRADICTIONS,
  );
  return {
    environment: env.NODE_ENV,
    http: toHttpOptions(env),
    drainSeconds: env.SHUTDOWN_DRAIN_SECONDS,
    logLevel: env.LOG_LEVEL,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    authUrls: hasIdentity ? (env.AUTH_URL ?? null) : null,
    sharedState: { REDIS_URL: env.REDIS_URL, PUBSUB_URL: env.PUBSUB_URL },
    renewContextMs: env.CONTEXT_RENEW_SECONDS * 1000,
    operationTimeoutMs: env.OPERATION_TIMEOUT_MS,
    subgraphTimeoutMs: env.SUBGRAPH_TIMEOUT_MS,
    rateLimits: {
      perMinute: env.RATE_LIMIT_PER_MINUTE,
      anonymousPerMinute: env.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
    },
    trustsProxy: env.TRUST_PROXY === 'true',
  };
}
