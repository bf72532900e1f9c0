/** GraphQL over WebSocket for a subgraph: every operation carries a context token of its own. */
import {
  GraphQLError,
  getOperationAST,
  parse,
  validate,
  type DocumentNode,
  type ExecutionArgs,
} from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { SubscribePayload } from 'graphql-ws';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { FlowgridError } from '../errors.ts';
import { formatGraphQLError, logGraphQLError } from '../graphql/errors.ts';
import { newId } from '../ids.ts';
import { overloaded } from './load-shedding.ts';
import { nameOfOperation } from './operation-report.ts';
import { SocketOperations } from './socket-operations.ts';
import type { SubgraphServerOptions } from './subgraph-server.ts';

const MESSAGE_LIMIT_BYTES = 1024 * 1024;

/** Operations on sockets have no deadline: they last as long as somebody listens. */
const NEVER = new AbortController().signal;

/**
 * Serves graphql-ws at `/graphql` of an HTTP server. `connection_init` must carry a valid context token
 * (`{ authorization }`), and so must the `extensions` of each operation: sockets are shared by many viewers.
 */
export function serveSubscriptions<Viewer, Context extends object>(
  app: FastifyInstance,
  options: SubgraphServerOptions<Viewer, Context>,
): AsyncDisposable {
  const operations = new SocketOperations(options.logger);
  const sockets = new WebSocketServer({
    server: app.server,
    path: '/graphql',
    maxPayload: MESSAGE_LIMIT_BYTES,
  });
  const disposable = useServer(
    {
      onConnect: async ({ connectionParams }) => {
        try {
          await options.authenticate(authorizationOf(connectionParams));
          return true;
        } catch (error) {
          if (!(error instanceof FlowgridError)) throw error;
          return false;
        }
      },
      onSubscribe: async (_context, _id, payload) => {
        const requestId = newId();
        try {
          if (app.isOverloaded()) throw overloaded();
          return await toExecution(payload, { requestId, operations, ...options });
        } catch (error) {
          logGraphQLError(options.logger, error, requestId);
          return [toGraphQLError(error, requestId)];
        }
      },
      execute: operations.execute,
      subscribe: operations.subscribe,
      onNext: (_context, _id, _payload, args, result) => {
        if (!result.errors) return undefined;
        const requestId = requestIdOf(args.contextValue);
        for (const error of result.errors) logGraphQLError(options.logger, error, requestId);
        const errors = result.errors.map((error) => formatGraphQLError(error, requestId));
        return { data: result.data ?? null, errors };
      },
    },
    sockets,
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await disposable.dispose();
    },
  };
}

async function toExecution<Viewer, Context extends object>(
  payload: SubscribePayload,
  options: SubgraphServerOptions<Viewer, Context> & {
    readonly requestId: string;
    readonly operations: SocketOperations;
  },
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { requestId } = options;
  const viewer = await options.authenticate(authorizationOf(payload.extensions));
  const document: DocumentNode = parse(payload.query);
  const errors = validate(options.schema, document, undefined, { hideSuggestions: true });
  if (errors.length > 0) return errors.map((error) => toGraphQLError(error, requestId));
  const operation = getOperationAST(document, payload.operationName);
  if (!operation) {
    return [toGraphQLError(new GraphQLError('The operation is not in the document.'), requestId)];
  }
  const facts = { viewer, requestId, clientAddress: null, signal: NEVER };
  const contextValue = { ...options.createContext(facts), requestId };
  options.operations.begin(contextValue, {
    requestId,
    traceparent: payload.extensions?.['traceparent'],
    facts: { ...options.idsOf?.(viewer), operation: nameOfOperation(operation) },
  });
  return {
    schema: options.schema,
    document,
    variableValues: payload.variables ?? {},
    operationName: payload.operationName ?? null,
    contextValue,
  };
}

function authorizationOf(carrier: Record<string, unknown> | null | undefined): string | undefined {
  const value = carrier?.['authorization'];
  return typeof value === 'string' ? value : undefined;
}

function requestIdOf(context: unknown): string {
  return typeof context === 'object' && context !== null && 'requestId' in context
    ? String(context.requestId)
    : newId();
}

function toGraphQLError(error: unknown, requestId: string): GraphQLError {
  const { message, ...rest } = formatGraphQLError(error, requestId);
  return new GraphQLError(message, { extensions: rest.extensions ?? {} });
}
