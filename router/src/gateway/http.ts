/** GraphQL over HTTP: Apollo Server before the router's own reader and executor. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { FlowgridError, currentTraceparent, errorKind, type Logger } from '@flowgrid/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphiqlPage } from '../graphiql/page.ts';
import { readBearer } from '../identity/bearer.ts';
import type { Identity } from '../identity/identity.ts';
import { admit } from './admission.ts';
import { createGateway, type ApolloContext } from './apollo-gateway.ts';
import { formatRouterError, logRouterError } from './errors.ts';
import type { Executor } from './executor.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { OperationReader } from './operations.ts';
import type { PersistedQueries } from './persisted-queries.ts';
import { toGraphQLError } from './refusal.ts';
import type { RouterContext } from './request.ts';
import type { LoadedSupergraph } from './supergraph.ts';

export interface GraphqlHttpOptions {
  readonly supergraph: LoadedSupergraph;
  readonly executor: Executor;
  readonly reader: OperationReader;
  readonly identity: Identity;
  /** Null counts nothing. */
  readonly rateLimiter: RateLimiter | null;
  readonly persistedQueries: PersistedQueries;
  readonly logger: Logger;
  readonly allowsIntrospection: boolean;
  readonly graphiql: GraphiqlPage | null;
  readonly clientAddressOf: (request: FastifyRequest['raw']) => string | null;
  readonly operationTimeoutMs: number;
}

/** What Apollo's callbacks have to know of the request that they are called for. */
interface OperationScope {
  readonly requestId: string;
  readonly persistedText: string | undefined;
}

const GRAPHQL_RESPONSE = 'application/graphql-response+json';

/** Adds `/graphql`; the caller disposes of the result before the server is closed. */
export async function addGraphqlHttp(
  app: FastifyInstance,
  options: GraphqlHttpOptions,
): Promise<AsyncDisposable> {
  const scopes = new AsyncLocalStorage<OperationScope>();
  const apollo = createApollo(options, scopes);
  await apollo.start();
  const handle = fastifyApolloHandler(apollo, {
    context: async (request, reply) => ({ router: await createContext(options, request, reply) }),
  });
  app.route({
    url: '/graphql',
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    async handler(request, reply) {
      void reply.header('x-request-id', request.id);
      if (options.graphiql?.isWantedBy(request)) return options.graphiql.send(reply);
      const { errors, persistedText } = await admit(options, request, reply);
      if (errors) return sendErrors(reply, request, errors);
      const scope = { requestId: request.id, persistedText };
      return scopes.run(scope, () => handle.call(app, request, reply));
    },
  });
  return { [Symbol.asyncDispose]: () => apollo.stop() };
}

function createApollo(
  { supergraph, executor, reader, logger, allowsIntrospection }: GraphqlHttpOptions,
  scopes: AsyncLocalStorage<OperationScope>,
): ApolloServer<ApolloContext> {
  return new ApolloServer<ApolloContext>({
    gateway: createGateway(supergraph, executor),
    introspection: allowsIntrospection,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // Documents were read before Apollo sees the request; it finds them here and does not read them again.
    documentStore: {
      get: (key) => Promise.resolve(reader.findDocument(key.slice(-64))),
      set: () => Promise.resolve(),
      delete: () => Promise.resolve(),
    },
    // Texts that were named by their hash were found before, too.
    persistedQueries: {
      cache: {
        get: () => Promise.resolve(scopes.getStore()?.persistedText),
        set: () => Promise.resolve(),
        delete: () => Promise.resolve(),
      },
    },
    stringifyResult: (result) => JSON.stringify(result),
    plugins: [ApolloServerPluginLandingPageDisabled()],
    formatError: (_formatted, error) => {
      const requestId = scopes.getStore()?.requestId ?? '';
      logRouterError(logger, error, requestId);
      return formatRouterError(error, requestId);
    },
  });
}

function sendErrors(reply: FastifyReply, request: FastifyRequest, errors: readonly unknown[]): FastifyReply {
  const accepts = request.headers.accept ?? '';
  const type = accepts.includes(GRAPHQL_RESPONSE) ? GRAPHQL_RESPONSE : 'application/json';
  const body = { errors: errors.map((error) => formatRouterError(error, request.id)) };
  return reply
    .status(statusOf(errors))
    .header('cache-control', 'no-store')
    .type(`${type}; charset=utf-8`)
    .send(JSON.stringify(body));
}

function statusOf([error]: readonly unknown[]): number {
  if (!(error instanceof FlowgridError)) return 400;
  // The usual course of things: clients read such an answer, and some read only those with 200.
  return error.code === 'PERSISTED_QUERY_NOT_FOUND' ? 200 : errorKind(error.code).status;
}

async function createContext(
  { identity, clientAddressOf, operationTimeoutMs }: GraphqlHttpOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<RouterContext> {
  const deadlineAt = performance.now() + operationTimeoutMs;
  const left = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) left.abort();
  });
  try {
    const bearer = readBearer(request.headers.authorization);
    const { viewer } = await identity.resolve(bearer);
    return {
      viewer,
      requestId: request.id,
      clientAddress: clientAddressOf(request.raw),
      traceparent: currentTraceparent() ?? null,
      signal: left.signal,
      deadlineAt,
      onTokenRefused: () => identity.drop(bearer),
    };
  } catch (error) {
    if (!(error instanceof FlowgridError)) throw error;
    throw toGraphQLError(error);
  }
}
