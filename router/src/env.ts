/** What the router reads from its environment. */
import { fileURLToPath } from 'node:url';
import { readEnv, serviceEnv } from '@flowgrid/platform';
import { SHARED_STATE_CONTRADICTIONS, sharedStateEnv, type SharedStateChoice } from '@flowgrid/shared-state';
import { z } from 'zod';

export type EnvSource = Readonly<Record<string, string | undefined>>;

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

const SUBGRAPH_URL = /^SUBGRAPH_\w+_URL$/;

/** The variables that every router knows; beside them each subgraph has a `SUBGRAPH_<NAME>_URL`. */
export const routerEnv = z.object({
  ...serviceEnv,
  PORT: serviceEnv.PORT.default(4000),
  SUPERGRAPH_PATH: z.string().default(fileURLToPath(new URL('../supergraph.graphql', import.meta.url))),
  ROUTER_IDENTITY: z.enum(['on', 'off'], { error: 'must be "on" or "off"' }).default('on'),
  AUTH_URL: httpUrl,
  ...sharedStateEnv,
  CONTEXT_RENEW_SECONDS: z.coerce.number().positive().max(300).default(60),
  SUBGRAPH_TIMEOUT_MS: z.coerce.number().int().positive().default(10_000),
  TRUST_PROXY: z.enum(['true', 'false'], { error: 'must be "true" or "false"' }).default('false'),
});

export interface RouterEnv {
  readonly environment: 'development' | 'test' | 'production';
  readonly host: string;
  readonly port: number;
  readonly logLevel: z.output<(typeof serviceEnv)['LOG_LEVEL']>;
  /** Null runs the router without identity: open to everyone, no context tokens, no scopes. */
  readonly authUrl: string | null;
  /** Without an address, revocation works by the renewal of context tokens alone, and every router counts by itself. */
  readonly sharedState: SharedStateChoice;
  readonly renewContextMs: number;
  readonly subgraphTimeoutMs: number;
  /** One proxy before the router writes `X-Forwarded-For`; else the header is a claim of the client. */
  readonly trustsProxy: boolean;
}

export function processEnvironment(): EnvSource {
  return process.env;
}

export function readSupergraphPath(source: EnvSource): string {
  return routerEnv.shape.SUPERGRAPH_PATH.parse(source['SUPERGRAPH_PATH'] || undefined);
}

/** Base address of a subgraph by the name of its variable; undefined when it is not set. */
export function readSubgraphUrl(source: EnvSource, variable: string): string | undefined {
  const value = source[variable];
  return httpUrl.safeParse(value).success ? value : undefined;
}

/**
 * Reads everything else. `required` names the subgraph variables without which a subgraph has no address.
 * @throws EnvError that lists all problems.
 */
export function readRouterEnv(source: EnvSource, required: readonly string[] = []): RouterEnv {
  const hasIdentity = source['ROUTER_IDENTITY'] !== 'off';
  const subgraphs = Object.keys(source).filter((name) => SUBGRAPH_URL.test(name));
  const env = readEnv(
    routerEnv.extend({
      AUTH_URL: hasIdentity ? httpUrl : httpUrl.optional(),
      ...Object.fromEntries(subgraphs.map((name) => [name, httpUrl.optional()])),
      ...Object.fromEntries(required.map((name) => [name, httpUrl])),
    }),
    source,
    SHARED_STATE_CONTRADICTIONS,
  );
  return {
    environment: env.NODE_ENV,
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    authUrl: hasIdentity ? (env.AUTH_URL ?? null) : null,
    sharedState: { REDIS_URL: env.REDIS_URL, PUBSUB_URL: env.PUBSUB_URL },
    renewContextMs: env.CONTEXT_RENEW_SECONDS * 1000,
    subgraphTimeoutMs: env.SUBGRAPH_TIMEOUT_MS,
    trustsProxy: env.TRUST_PROXY === 'true',
  };
}
