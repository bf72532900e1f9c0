/** The object by which Apollo Server hands operations to the router's own executor. */
import type { GatewayExecutor, GatewayInterface } from '@apollo/server-gateway-interface';
import { GraphQLError, OperationTypeNode, getOperationAST } from 'graphql';
import type { Executor } from './executor.ts';
import { UNRESOLVED_OPERATION } from './operations.ts';
import type { RouterContext } from './request.ts';
import type { LoadedSupergraph } from './supergraph.ts';

/** Apollo Server's context of an operation. */
export interface ApolloContext {
  readonly router: RouterContext;
}

export function createGateway(supergraph: LoadedSupergraph, executor: Executor): GatewayInterface {
  return {
    load: () => Promise.resolve({ executor: toGatewayExecutor(executor) }),
    stop: () => Promise.resolve(),
    onSchemaLoadOrUpdate: (callback) => {
      callback({ apiSchema: supergraph.clientSchema, coreSupergraphSdl: supergraph.sdl });
      // The supergraph is read once at the start, so there is nothing to unsubscribe from.
      return () => undefined;
    },
  };
}

function toGatewayExecutor(executor: Executor): GatewayExecutor {
  return async ({ document, queryHash, request, context }) => {
    const operation = getOperationAST(document, request.operationName);
    if (!operation) return { errors: [UNRESOLVED_OPERATION] };
    if (operation.operation === OperationTypeNode.SUBSCRIPTION) return { errors: [SUBSCRIPTION_OVER_HTTP] };
    const router: RouterContext = context['router'];
    const prepared = executor.prepare({
      document,
      hash: queryHash,
      operationName: operation.name?.value,
      variables: request.variables ?? {},
      context: router,
    });
    return 'errors' in prepared ? { errors: [...prepared.errors] } : executor.execute(prepared);
  };
}

const SUBSCRIPTION_OVER_HTTP = new GraphQLError(
  'Subscriptions are served over WebSocket (graphql-transport-ws) at this address.',
  { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } },
);
