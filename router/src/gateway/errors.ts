/** What clients see of an error, and what the log keeps of it. */
import { formatGraphQLError, isErrorCode, logGraphQLError, type Logger } from '@flowgrid/platform';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** Extensions that tell of the inside of the platform, or that the router sets itself. */
const HIDDEN_EXTENSIONS = new Set(['serviceName', 'stacktrace', 'exception', 'http', 'requestId']);

/**
 * Formats an error for clients: known codes of subgraphs pass, their unknown ones are masked;
 * errors of the request itself pass without hints at the schema; the rest is masked.
 */
export function formatRouterError(error: unknown, requestId: string): GraphQLFormattedError {
  if (error instanceof GraphQLError && isSubgraphError(error)) return formatSubgraphError(error, requestId);
  if (error instanceof GraphQLError && !error.originalError && isOwnRefusal(error)) {
    return {
      message: error.message,
      ...(error.path && { path: error.path }),
      extensions: { code: error.extensions['code'] },
    };
  }
  const formatted = formatGraphQLError(error, requestId);
  return { ...formatted, message: formatted.message.replace(/\s*Did you mean .*\?/s, '') };
}

export function logRouterError(logger: Logger, error: unknown, requestId: string): void {
  if (!(error instanceof GraphQLError)) {
    logGraphQLError(logger, error, requestId);
    return;
  }
  const { code, serviceName: subgraph } = error.extensions;
  if (isOwnRefusal(error) || (isSubgraphError(error) && isErrorCode(code))) {
    logger.debug({ requestId, subgraph, code, path: error.path }, error.message);
    return;
  }
  if (isSubgraphError(error)) {
    logger.error({ requestId, subgraph, code, path: error.path }, `subgraph error: ${error.message}`);
    return;
  }
  logGraphQLError(logger, error, requestId);
}

function isSubgraphError(error: GraphQLError): boolean {
  return typeof error.extensions['serviceName'] === 'string';
}

/** An error that the router itself made with a code for clients. */
function isOwnRefusal(error: GraphQLError): boolean {
  return isErrorCode(error.extensions['code']) && error.extensions['code'] !== 'INTERNAL_SERVER_ERROR';
}

function formatSubgraphError(error: GraphQLError, requestId: string): GraphQLFormattedError {
  const { code } = error.extensions;
  const position = error.path ? { path: error.path } : {};
  if (!isErrorCode(code) || code === 'INTERNAL_SERVER_ERROR') {
    return {
      message: 'Internal server error.',
      ...position,
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    };
  }
  const details = Object.entries(error.extensions).filter(([name]) => !HIDDEN_EXTENSIONS.has(name));
  return { message: error.message, ...position, extensions: Object.fromEntries(details) };
}
