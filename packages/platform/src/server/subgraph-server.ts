/** A subgraph's server: GraphQL over HTTP and WebSocket, closed to everyone without a valid context token. */
import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { FlowgridError, errorKind } from '../errors.ts';
import { formatGraphQLError, logGraphQLError } from '../graphql/errors.ts';
import { createHttpServer, listen, type HttpServerOptions, type RunningServer } from './http-server.ts';
import { serveSubscriptions } from './subgraph-socket.ts';

/** What is known of a request before its operation is read. */
export interface RequestFacts<Viewer> {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Address of the client as the router saw it; null when it did not say. */
  readonly clientAddress: string | null;
}

export interface SubgraphServerOptions<Viewer, Context extends BaseContext> extends HttpServerOptions {
  readonly schema: GraphQLSchema;
  /** Verifies the `authorization` value. Throws `UNAUTHENTICATED` for anything but a valid context token. */
  readonly authenticate: (authorization: string | undefined) => Promise<Viewer>;
  /** Makes the context that resolvers get. Called once per operation. */
  readonly createContext: (facts: RequestFacts<Viewer>) => Context;
  /** Further plain routes; they authenticate by themselves. */
  readonly addRoutes?: (app: FastifyInstance) => void;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

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
    plugins: [ApolloServerPluginInlineTraceDisabled(), fastifyApolloDrainPlugin(app), reportErrors(options)],
  });
  await apollo.start();
  const viewers = new WeakMap<FastifyRequest, Viewer>();
  app.route({
    url: '/graphql',
    method: 'POST',
    onRequest: async (request, reply) => {
      try {
        viewers.set(request, await options.authenticate(request.headers.authorization));
      } catch (error) {
        const body = { errors: [formatGraphQLError(error, request.id)] };
        await reply.status(statusOf(error)).type('application/json').send(JSON.stringify(body));
      }
    },
    handler: fastifyApolloHandler<Context & OperationContext>(apollo, {
      context: async (request) => {
        const facts = {
          viewer: viewers.get(request) as Viewer,
          requestId: request.id,
          clientAddress: clientAddressOf(request),
        };
        return { ...options.createContext(facts), requestId: request.id };
      },
    }),
  });
  options.addRoutes?.(app);
  const sockets = serveSubscriptions(app.server, options);
  const server = await listen(app, options);
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await sockets[Symbol.asyncDispose]();
      await apollo.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

interface OperationContext {
  readonly requestId: string;
}

function statusOf(error: unknown): number {
  return error instanceof FlowgridError ? errorKind(error.code).status : 500;
}

function clientAddressOf(request: FastifyRequest): string | null {
  const header = request.headers['x-client-address'];
  return typeof header === 'string' ? header : null;
}

/** Logs what went wrong and puts the request id into masked errors, where `formatError` does not know it. */
function reportErrors<Context extends OperationContext>({
  logger,
}: Pick<HttpServerOptions, 'logger'>): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async ({ contextValue }) => ({
      didEncounterErrors: async ({ errors }) => {
        for (const error of errors) logGraphQLError(logger, error, contextValue.requestId);
      },
      willSendResponse: async ({ response }) => {
        if (response.body.kind !== 'single') return;
        for (const error of response.body.singleResult.errors ?? []) {
          if (error.extensions && 'requestId' in error.extensions) {
            error.extensions['requestId'] = contextValue.requestId;
          }
        }
      },
    }),
  };
}
