/** How far a request came before it failed: that decides whether it may be sent again. */

/**
 * `unsent`: there was no connection, so the other side knows nothing of it. `broken`: the connection ended before an answer; the other
 * side may have done the work. `other`: given up, or refused by this side.
 */
export type RequestFailure = 'unsent' | 'broken' | 'other';

const BROKEN = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const CONNECTING = new Set(['connect', 'getaddrinfo']);

/** Reads an error of undici or of the system that came before the head of an answer. */
export function toRequestFailure(error: unknown): RequestFailure {
  const code = textOf(error, 'code');
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || CONNECTING.has(textOf(error, 'syscall') ?? '')) return 'unsent';
  // Several addresses of one name were tried, none of them answered.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every((each) => toRequestFailure(each) === 'unsent') ? 'unsent' : 'other';
  }
  return code !== undefined && BROKEN.has(code) ? 'broken' : 'other';
}

function textOf(error: unknown, key: 'code' | 'syscall'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : undefined;
}
