/** What a GraphQL client sees of an error. */
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { FlowgridError, errorKind } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** Codes of the GraphQL layer itself: the client's document or variables are wrong. */
const REQUEST_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'PERSISTED_QUERY_NOT_FOUND',
]);

/**
 * Formats an error for the client: a `FlowgridError` keeps code, message and details; errors of the request itself
 * pass; everything else is a bug, masked as `INTERNAL_SERVER_ERROR` with the request id by which the log finds it.
 */
export function formatGraphQLError(error: unknown, requestId: string): GraphQLFormattedError {
  const original = originalOf(error);
  const position = error instanceof GraphQLError ? positionOf(error) : {};
  if (original instanceof FlowgridError) {
    return {
      message: original.message,
      ...position,
      extensions: { ...original.details, code: original.code },
    };
  }
  const code = error instanceof GraphQLError ? error.extensions['code'] : undefined;
  if (error instanceof GraphQLError && isRequestError(error, original)) {
    return { message: error.message, ...position, extensions: { code: code ?? 'GRAPHQL_VALIDATION_FAILED' } };
  }
  return {
    message: 'Internal server error.',
    ...position,
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  };
}

function isRequestError(error: GraphQLError, original: unknown): boolean {
  const code = error.extensions['code'];
  if (typeof code === 'string') return REQUEST_CODES.has(code);
  // graphql-js reports syntax, validation and variable errors as bare GraphQLErrors without a path.
  return original === error && error.path === undefined && !isWrappedBug(error);
}

/** Apollo Server wraps what is thrown outside resolvers, message included; such an error has no place in the document. */
function isWrappedBug({ originalError, nodes }: GraphQLError): boolean {
  return originalError !== undefined && !(originalError instanceof GraphQLError) && nodes === undefined;
}

/** Resolver errors have a path; a refusal is recognised wherever it was thrown. */
function originalOf(error: unknown): unknown {
  if (error instanceof GraphQLError && error.originalError instanceof FlowgridError)
    return error.originalError;
  return unwrapResolverError(error);
}

function positionOf(error: GraphQLError): Pick<GraphQLFormattedError, 'path' | 'locations'> {
  return {
    ...(error.locations && { locations: error.locations }),
    ...(error.path && { path: error.path }),
  };
}

/** Logs an error at the level of its code; bugs with their stack. */
export function logGraphQLError(logger: Logger, error: unknown, requestId: string): void {
  const original = originalOf(error);
  if (original instanceof FlowgridError) {
    const facts = { requestId, code: original.code, err: original.cause };
    logger[errorKind(original.code).level](facts, original.message);
    return;
  }
  if (error instanceof GraphQLError && isRequestError(error, original)) {
    logger.debug({ requestId }, error.message);
    return;
  }
  logger.error({ requestId, err: original }, 'unexpected error in an operation');
}
