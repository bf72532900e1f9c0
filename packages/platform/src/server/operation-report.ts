/** What a subgraph's operations leave in log, trace and answer. */
import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { context, trace } from '@opentelemetry/api';
import type { OperationDefinitionNode } from 'graphql';
import { formatGraphQLError, logGraphQLError } from '../graphql/errors.ts';
import type { Logger } from '../logger.ts';
import { currentScope } from '../telemetry/scope.ts';
import { startSpan } from '../telemetry/spans.ts';

export interface OperationContext {
  readonly requestId: string;
}

/** `query AgentList`, or `query` alone. */
export function nameOfOperation({ operation, name }: OperationDefinitionNode): string {
  return name === undefined ? operation : `${operation} ${name.value}`;
}

/**
 * Logs what went wrong, says which operation a request was, and puts the request id into masked errors, where
 * `formatError` does not know it.
 */
export function reportOperations<Context extends OperationContext>(
  logger: Logger,
): ApolloServerPlugin<Context> {
  return { requestDidStart: async () => reportRequest(logger) };
}

function reportRequest<Context extends OperationContext>(logger: Logger): GraphQLRequestListener<Context> {
  let name = 'unknown';
  return {
    didResolveOperation: async ({ operation }) => {
      if (!operation) return;
      name = nameOfOperation(operation);
      const scope = currentScope();
      if (scope) scope.facts.operation = name;
      trace.getActiveSpan()?.setAttribute('graphql.operation.name', name);
    },
    executionDidStart: async () => {
      const span = startSpan(name, context.active(), {});
      return { executionDidEnd: async () => span.end() };
    },
    didEncounterErrors: async ({ errors, contextValue }) => {
      for (const error of errors) logGraphQLError(logger, error, contextValue.requestId);
      const scope = currentScope();
      const [first] = errors;
      if (scope && first) scope.facts.outcome = codeOf(formatGraphQLError(first, '').extensions);
    },
    willSendResponse: async ({ response, contextValue }) => {
      if (response.body.kind !== 'single') return;
      for (const error of response.body.singleResult.errors ?? []) {
        if (error.extensions && 'requestId' in error.extensions) {
          error.extensions['requestId'] = contextValue.requestId;
        }
      }
    },
  };
}

/** The code of a formatted error. */
export function codeOf(extensions: Readonly<Record<string, unknown>> | undefined): string {
  const code = extensions?.['code'];
  return typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
}
