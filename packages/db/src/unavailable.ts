/** Tells a database that cannot be reached or does not keep up from a statement that failed. */

/** Prisma: unreachable, connect timeout, operation timeout, closed connection, pool timeout, no transaction started. */
const PRISMA_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);
/** Node's socket errors. */
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
/**
 * SQLSTATE: classes 08 (connection) and 57P (operator intervention), too many connections, lock not had in time,
 * statement not done in time.
 */
const SQLSTATE = /^(08|57P|53300$|55P03$|57014$)/;
/** The driver's errors without a code; a client is not queryable when its connection broke before the statement was sent. */
const MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|is not queryable|transaction was cut off/;

/** Looks at an error and its causes. */
export function isUnavailable(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (hasUnavailableCode(current) || MESSAGES.test(current.message)) return true;
    if (isUnavailable(adapterErrorOf(current))) return true;
    if (current.cause !== undefined && !(current.cause instanceof Error))
      return hasUnavailableCause(current.cause);
  }
  return false;
}

/** A raw query that fails has a code of its own, whatever the reason, which is in the error of the driver adapter. */
function adapterErrorOf(error: object): unknown {
  if (!('meta' in error) || typeof error.meta !== 'object' || error.meta === null) return undefined;
  return 'driverAdapterError' in error.meta ? error.meta.driverAdapterError : undefined;
}

function hasUnavailableCode(error: object): boolean {
  const code = 'code' in error ? String(error.code) : '';
  const original = 'originalCode' in error ? String(error.originalCode) : '';
  return PRISMA_CODES.has(code) || SOCKET_CODES.has(code) || SQLSTATE.test(code) || SQLSTATE.test(original);
}

/** A driver adapter's cause is a plain object with a `kind`. */
function hasUnavailableCause(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  const kind = 'kind' in cause ? String(cause.kind) : '';
  return ADAPTER_KINDS.has(kind) || hasUnavailableCode(cause);
}

const ADAPTER_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);
