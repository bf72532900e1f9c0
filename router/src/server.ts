/** Puts the router together on one HTTP server. */
import { createHttpServer, listen, type Clock, type Logger, type RunningServer } from '@flowgrid/platform';
import type { EpochKey } from '@flowgrid/shared-state';
import { addErrorAnswers } from './error-answers.ts';
import { clientAddressOf } from './client-address.ts';
import { Executor } from './gateway/executor.ts';
import { addGraphqlHttp } from './gateway/http.ts';
import { OperationReader } from './gateway/operations.ts';
import { Planner } from './gateway/planner.ts';
import { SubgraphClient } from './gateway/subgraph-client.ts';
import type { LoadedSupergraph } from './gateway/supergraph.ts';
import { addGraphiql } from './graphiql/page.ts';
import { readBearer } from './identity/bearer.ts';
import type { Identity } from './identity/identity.ts';
import { DEFAULT_LIMITS, type OperationLimits } from './limits/operation-limits.ts';
import { addPassthrough } from './passthrough/proxy.ts';
import { PLAIN_ROUTES } from './passthrough/routes.ts';
import { FederatedSubscriptions } from './subscriptions/federated-subscription.ts';
import { SocketServer } from './subscriptions/socket-server.ts';
import { UpstreamClient } from './subscriptions/upstream.ts';

export interface RouterOptions {
  readonly supergraph: LoadedSupergraph;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  /** Introspection and GraphiQL. */
  readonly isExplorable: boolean;
  readonly subgraphTimeoutMs: number;
  readonly checkSocketsMs: number;
  readonly trustsProxy: boolean;
  readonly checkReady: () => Promise<void>;
  readonly limits?: OperationLimits;
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
  const { supergraph, logger, identity, clock, trustsProxy } = options;
  const limits = options.limits ?? DEFAULT_LIMITS;
  const app = createHttpServer({ name: 'router', bodyLimit: BODY_LIMIT_BYTES, ...options });
  addErrorAnswers(app, logger);
  const executor = createExecutor(options, { limits, stack });
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
      baseUrlOf: (service) => supergraph.subgraphs.find(({ name }) => name === service)?.baseUrl,
      clientAddressOf: addressOf,
      contextTokenFor: async (service, authorization) => {
        const { viewer } = await identity.resolve(readBearer(authorization));
        return viewer.tokenFor(service);
      },
      logger,
      timeoutMs: options.subgraphTimeoutMs,
    }),
  );
  const upstream = createUpstream(supergraph, { logger, stack });
  const graphql = await addGraphqlHttp(app, {
    supergraph,
    executor,
    reader,
    identity,
    logger,
    allowsIntrospection: options.isExplorable,
    graphiql: options.isExplorable ? addGraphiql(app) : null,
    clientAddressOf: addressOf,
  });
  stack.use(graphql);
  const server = stack.use(await listen(app, { name: 'router', ...options }));
  const sockets = stack.use(
    new SocketServer({
      server: app.server,
      supergraph,
      reader,
      executor,
      subscriptions: new FederatedSubscriptions({ supergraph, executor, upstream }),
      identity,
      logger,
      clock,
      checkIntervalMs: options.checkSocketsMs,
      clientAddressOf: addressOf,
    }),
  );
  const owned = stack.move();
  return {
    ...server,
    recheckSockets: (whose) => sockets.recheck(whose),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function createExecutor(
  { supergraph, identity, logger, subgraphTimeoutMs, maxAnswerBytes }: RouterOptions,
  { limits, stack }: { readonly limits: OperationLimits; readonly stack: AsyncDisposableStack },
): Executor {
  const clients = new Map(
    supergraph.subgraphs.map((subgraph) => {
      const client = new SubgraphClient({
        subgraph,
        logger,
        deadlineMs: subgraphTimeoutMs,
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
  });
}

function createUpstream(
  supergraph: LoadedSupergraph,
  { logger, stack }: { readonly logger: Logger; readonly stack: AsyncDisposableStack },
): Map<string, UpstreamClient> {
  return new Map(
    supergraph.subgraphs.map((subgraph) => [subgraph.name, stack.use(new UpstreamClient(subgraph, logger))]),
  );
}
