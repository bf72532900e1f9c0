/** A subgraph's server: GraphQL over HTTP and WebSocket, closed to everyone without a valid context token. */
import { ApolloServer, type BaseContext } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { FlowgridError } from '../errors.ts';
import { formatGraphQLError } from '../graphql/errors.ts';
import {
  DEADLINE_HEADER,
  orAborted,
  parseDeadline,
  startDeadline,
  type Deadline,
} from '../telemetry/deadline.ts';
import { createHttpServer, listen, type HttpServerOptions, type RunningServer } from './http-server.ts';
import { sendRefusal } from './load-shedding.ts';
import { reportOperations, type OperationContext } from './operation-report.ts';
import { scopeOf } from './request-scope.ts';
import { serveSubscriptions } from './subgraph-socket.ts';
import { TenantShare } from './tenant-share.ts';

/** What is known of a request before its operation is read. */
export interface RequestFacts<Viewer> {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Address of the client as the router saw it; null when it did not say. */
  readonly clientAddress: string | null;
  /** Aborts when the answer is of no use any more, because the operation's time is over. */
  readonly signal: AbortSignal;
}

/** Who asks, as the log and the limits of a process have to know it. */
export interface ViewerIds {
  readonly tenantId: string;
  readonly actorId: string;
}

export interface SubgraphServerOptions<Viewer, Context extends BaseContext> extends HttpServerOptions {
  readonly schema: GraphQLSchema;
  /** Verifies the `authorization` value. Throws `UNAUTHENTICATED` for anything but a valid context token. */
  readonly authenticate: (authorization: string | undefined) => Promise<Viewer>;
  /** Whom a viewer stands for; null for one without a tenant. */
  readonly idsOf?: (viewer: Viewer) => ViewerIds | null;
  /** Makes the context that resolvers get. Called once per operation. */
  readonly createContext: (facts: RequestFacts<Viewer>) => Context;
  /** Further plain routes; they authenticate by themselves. */
  readonly addRoutes?: (app: FastifyInstance) => void;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** For callers that do not say how long they wait. */
const DEFAULT_DEADLINE_MS = 60_000;

/**
 * Starts the server. A request to `/graphql` without a valid context token is answered 401 before its body is parsed,
 * whatever it asks for. The caller owns the result and disposes of it.
 */
export async function startSubgraphServer<Viewer, Context extends BaseContext>(
  options: SubgraphServerOptions<Viewer, Context>,
): Promise<RunningServer> {
  const app = createHttpServer({ bodyLimit: BODY_LIMIT_BYTES, ...options });
  const apollo = new ApolloServer<Context & OperationContext>({
    schema: options.schema,
    // The router is the only caller and decides what may be introspected; the context token guards the rest.
    introspection: true,
    csrfPrevention: false,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (_formatted, error) => formatGraphQLError(error, ''),
    plugins: [
      ApolloServerPluginInlineTraceDisabled(),
      fastifyApolloDrainPlugin(app),
      reportOperations(options.logger),
    ],
  });
  await apollo.start();
  addGraphqlRoute(app, apollo, options);
  options.addRoutes?.(app);
  const sockets = serveSubscriptions(app, options);
  const server = await listen(app, options);
  const owned = new AsyncDisposableStack();
  owned.use(server);
  owned.defer(() => apollo.stop());
  owned.use(sockets);
  return { ...server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Admitted<Viewer> {
  readonly viewer: Viewer;
  readonly deadline: Deadline;
}

function addGraphqlRoute<Viewer, Context extends BaseContext>(
  app: FastifyInstance,
  apollo: ApolloServer<Context & OperationContext>,
  options: SubgraphServerOptions<Viewer, Context>,
): void {
  const shares = new TenantShare(options.maxRequestsInFlight ?? Infinity);
  const admitted = new WeakMap<FastifyRequest, Admitted<Viewer>>();
  const handle = fastifyApolloHandler<Context & OperationContext>(apollo, {
    context: async (request) => {
      const { viewer, deadline } = admitted.get(request) as Admitted<Viewer>;
      const facts = {
        viewer,
        requestId: request.id,
        clientAddress: clientAddressOf(request),
        signal: deadline.signal,
      };
      return { ...options.createContext(facts), requestId: request.id };
    },
  });
  app.route({
    url: '/graphql',
    method: 'POST',
    onRequest: async (request, reply) => {
      try {
        const viewer = await options.authenticate(request.headers.authorization);
        admitted.set(request, { viewer, deadline: admit(request, reply, options.idsOf?.(viewer) ?? null) });
      } catch (error) {
        await refuse(reply, error);
      }
    },
    handler: async (request, reply) => {
      try {
        // What is late goes on by itself until it notices; nobody waits for it.
        return await orAborted(
          Promise.resolve(handle.call(app, request, reply)),
          admitted.get(request)?.deadline.signal,
        );
      } catch (error) {
        return await refuse(reply, error);
      }
    },
  });

  /** Takes the tenant's place and starts the request's time; both end with the request. */
  function admit(request: FastifyRequest, reply: FastifyReply, ids: ViewerIds | null): Deadline {
    const giveBack = ids === null ? undefined : shares.take(ids.tenantId);
    const deadline = startDeadline(parseDeadline(request.headers[DEADLINE_HEADER]) ?? DEFAULT_DEADLINE_MS);
    reply.raw.once('close', () => {
      giveBack?.();
      deadline[Symbol.dispose]();
    });
    const scope = scopeOf(request);
    if (scope) {
      scope.deadline = deadline;
      Object.assign(scope.facts, ids);
    }
    return deadline;
  }
}

function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof FlowgridError) return sendRefusal(reply, error);
  const body = { errors: [formatGraphQLError(error, reply.request.id)] };
  return reply.status(500).type('application/json; charset=utf-8').send(JSON.stringify(body));
}

function clientAddressOf(request: FastifyRequest): string | null {
  const header = request.headers['x-client-address'];
  return typeof header === 'string' ? header : null;
}
