/** Puts the router together on one HTTP server. */
import {
  Gauge,
  Replicas,
  createHttpServer,
  createMetrics,
  invariant,
  listen,
  type Clock,
  type HttpServerOptions,
  type Logger,
  type Registry,
  type RunningServer,
} from '@flowgrid/platform';
import { createMemorySharedState, type EpochKey, type SharedState } from '@flowgrid/shared-state';
import { addErrorAnswers } from './error-answers.ts';
import { clientAddressOf } from './client-address.ts';
import { Executor } from './gateway/executor.ts';
import { addGraphqlHttp } from './gateway/http.ts';
import { OperationReader } from './gateway/operations.ts';
import { PersistedQueries } from './gateway/persisted-queries.ts';
import { Planner } from './gateway/planner.ts';
import { SubgraphClient } from './gateway/subgraph-client.ts';
import type { LoadedSupergraph } from './gateway/supergraph.ts';
import { addGraphiql } from './graphiql/page.ts';
import { readBearer } from './identity/bearer.ts';
import type { Identity } from './identity/identity.ts';
import { DEFAULT_LIMITS, type OperationLimits } from './limits/operation-limits.ts';
import { RateLimiter, type RateLimitSettings } from './limits/rate-limiter.ts';
import { RouterMetrics } from './metrics.ts';
import { addPassthrough } from './passthrough/proxy.ts';
import { PLAIN_ROUTES } from './passthrough/routes.ts';
import { FederatedSubscriptions } from './subscriptions/federated-subscription.ts';
import { SocketServer } from './subscriptions/socket-server.ts';
import { UpstreamClient } from './subscriptions/upstream.ts';

export interface RouterOptions extends Pick<
  HttpServerOptions,
  'maxEventLoopDelayMs' | 'maxRequestsInFlight' | 'stopping' | 'metrics'
> {
  readonly supergraph: LoadedSupergraph;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  /** Introspection and GraphiQL. */
  readonly isExplorable: boolean;
  /** For a whole operation, and for one call of a subgraph. */
  readonly operationTimeoutMs: number;
  readonly subgraphTimeoutMs: number;
  readonly checkSocketsMs: number;
  readonly trustsProxy: boolean;
  readonly checkReady: () => Promise<void>;
  readonly limits?: OperationLimits;
  /** Null or left out counts nothing. Without identity nothing is counted either. */
  readonly rateLimits?: RateLimitSettings | null;
  /** Not owned; the router's own memory if left out. */
  readonly sharedState?: SharedState;
  readonly maxAnswerBytes?: number;
}

export interface RunningRouter extends RunningServer {
  /** Asks about the open sockets that a revocation speaks of. */
  readonly recheckSockets: (whose: EpochKey) => void;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Starts the router. The caller owns the result; disposing finishes open requests and closes sockets with 1001. */
export async function startRouter(options: RouterOptions): Promise<RunningRouter> {
  await using stack = new AsyncDisposableStack();
  const { supergraph, logger, identity, trustsProxy } = options;
  const limits = options.limits ?? DEFAULT_LIMITS;
  const registry = options.metrics ?? createMetrics('router');
  const metrics = new RouterMetrics(registry);
  const app = createHttpServer({
    bodyLimit: BODY_LIMIT_BYTES,
    ...options,
    name: 'router',
    metrics: registry,
  });
  addErrorAnswers(app, logger);
  const replicas = openReplicas(supergraph, { logger, stack });
  const executor = createExecutor(options, { limits, metrics, replicas, stack });
  const reader = new OperationReader({
    schema: supergraph.clientSchema,
    limits,
    allowsIntrospection: options.isExplorable,
  });
  const addressOf = (request: Parameters<typeof clientAddressOf>[0]): string | null =>
    clientAddressOf(request, trustsProxy);
  stack.use(
    addPassthrough(app, {
      routes: PLAIN_ROUTES,
      replicasOf: (service) => replicas.get(service),
      clientAddressOf: addressOf,
      contextTokenFor: async (service, authorization) => {
        const { viewer } = await identity.resolve(readBearer(authorization));
        return viewer.tokenFor(service);
      },
      logger,
      timeoutMs: options.subgraphTimeoutMs,
    }),
  );
  const shared = openShared(options, { registry, stack });
  const upstream = createUpstream(supergraph, { replicas, logger, stack });
  const graphql = await addGraphqlHttp(app, {
    ...options,
    ...shared,
    executor,
    reader,
    allowsIntrospection: options.isExplorable,
    graphiql: options.isExplorable ? addGraphiql(app) : null,
    clientAddressOf: addressOf,
  });
  stack.use(graphql);
  const server = stack.use(await listen(app, { ...options, name: 'router' }));
  const sockets = stack.use(
    new SocketServer({
      ...options,
      server: app.server,
      isOverloaded: app.isOverloaded,
      rateLimiter: shared.rateLimiter,
      reader,
      executor,
      subscriptions: new FederatedSubscriptions({ supergraph, executor, upstream, metrics }),
      checkIntervalMs: options.checkSocketsMs,
      clientAddressOf: addressOf,
    }),
  );
  metrics.followSockets(() => sockets.openSockets);
  const owned = stack.move();
  return {
    ...server,
    recheckSockets: (whose) => sockets.recheck(whose),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What routers of one installation do together. */
function openShared(
  { sharedState, rateLimits, identity, logger }: RouterOptions,
  { registry, stack }: { readonly registry: Registry; readonly stack: AsyncDisposableStack },
): { readonly rateLimiter: RateLimiter | null; readonly persistedQueries: PersistedQueries } {
  const state = sharedState ?? stack.use(createMemorySharedState(logger));
  const rateLimiter =
    rateLimits && identity.isEnabled
      ? new RateLimiter({ rateLimits: state.rateLimits, settings: rateLimits, registry })
      : null;
  const away: Gauge = new Gauge({
    name: 'shared_state_away',
    help: '1 while the store that processes share cannot be reached: limits and caches are those of this process.',
    registers: [registry],
    collect: () => away.set(state.isAway ? 1 : 0),
  });
  return { rateLimiter, persistedQueries: new PersistedQueries({ sharedState: state, registry }) };
}

/** The replicas of each subgraph: what one part of the router learns of them, the others know. */
function openReplicas(
  supergraph: LoadedSupergraph,
  { logger, stack }: { readonly logger: Logger; readonly stack: AsyncDisposableStack },
): ReadonlyMap<string, Replicas> {
  return new Map(
    supergraph.subgraphs.map(({ name, baseUrls }) => [
      name,
      stack.use(new Replicas({ service: name, urls: baseUrls, logger })),
    ]),
  );
}

function replicasOf(subgraph: string, replicas: ReadonlyMap<string, Replicas>): Replicas {
  const found = replicas.get(subgraph);
  invariant(found, `the subgraph ${subgraph} is in the supergraph`);
  return found;
}

function createUpstream(
  supergraph: LoadedSupergraph,
  { replicas, logger, stack }: Pick<ExecutorParts, 'replicas' | 'stack'> & { readonly logger: Logger },
): ReadonlyMap<string, UpstreamClient> {
  return new Map(
    supergraph.subgraphs.map((subgraph) => {
      const client = new UpstreamClient(subgraph, replicasOf(subgraph.name, replicas), logger);
      return [subgraph.name, stack.use(client)];
    }),
  );
}

interface ExecutorParts {
  readonly limits: OperationLimits;
  readonly metrics: RouterMetrics;
  readonly replicas: ReadonlyMap<string, Replicas>;
  readonly stack: AsyncDisposableStack;
}

function createExecutor(
  { supergraph, identity, logger, operationTimeoutMs, subgraphTimeoutMs, maxAnswerBytes }: RouterOptions,
  { limits, metrics, replicas, stack }: ExecutorParts,
): Executor {
  const clients = new Map(
    supergraph.subgraphs.map((subgraph) => {
      const client = new SubgraphClient({
        subgraph,
        replicas: replicasOf(subgraph.name, replicas),
        logger,
        metrics,
        // No call has longer than its operation; what is a fair share of its time is measured by what it can have.
        timeoutMs: Math.min(subgraphTimeoutMs, operationTimeoutMs),
        maxAnswerBytes: maxAnswerBytes ?? MAX_ANSWER_BYTES,
      });
      return [subgraph.name, stack.use(client)];
    }),
  );
  return new Executor({
    supergraph,
    planner: new Planner(supergraph),
    clients,
    limits,
    checksScopes: identity.isEnabled,
    logger,
    metrics,
  });
}
