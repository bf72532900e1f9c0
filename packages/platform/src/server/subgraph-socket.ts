/** GraphQL over WebSocket for a subgraph: every operation carries a context token of its own. */
import type { Server } from 'node:http';
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
import { WebSocketServer } from 'ws';
import { FlowgridError } from '../errors.ts';
import { formatGraphQLError, logGraphQLError } from '../graphql/errors.ts';
import { newId } from '../ids.ts';
import type { SubgraphServerOptions } from './subgraph-server.ts';

const MESSAGE_LIMIT_BYTES = 1024 * 1024;

/**
 * Serves graphql-ws at `/graphql` of an HTTP server. `connection_init` must carry a valid context token
 * (`{ authorization }`), and so must the `extensions` of each operation: sockets are shared by many viewers.
 */
export function serveSubscriptions<Viewer, Context extends object>(
  server: Server,
  options: SubgraphServerOptions<Viewer, Context>,
): AsyncDisposable {
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: MESSAGE_LIMIT_BYTES });
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
          return await toExecution(payload, requestId, options);
        } catch (error) {
          logGraphQLError(options.logger, error, requestId);
          return [toGraphQLError(error, requestId)];
        }
      },
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
  requestId: string,
  options: SubgraphServerOptions<Viewer, Context>,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const viewer = await options.authenticate(authorizationOf(payload.extensions));
  const document: DocumentNode = parse(payload.query);
  const errors = validate(options.schema, document, undefined, { hideSuggestions: true });
  if (errors.length > 0) return errors.map((error) => toGraphQLError(error, requestId));
  if (!getOperationAST(document, payload.operationName)) {
    return [toGraphQLError(new GraphQLError('The operation is not in the document.'), requestId)];
  }
  return {
    schema: options.schema,
    document,
    variableValues: payload.variables ?? {},
    operationName: payload.operationName ?? null,
    contextValue: { ...options.createContext({ viewer, requestId, clientAddress: null }), requestId },
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
