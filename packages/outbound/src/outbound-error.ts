/** Why a request to a tenant's server got no usable answer, in words for the tenant: they name no address. */
import { PolicyRefusal } from '@flowgrid/platform';

export type OutboundReason =
  | 'REFUSED_URL'
  | 'REFUSED_HEADER'
  | 'UNREACHABLE_ADDRESS'
  | 'CONNECTION'
  | 'TLS'
  | 'TIMEOUT'
  | 'REDIRECT'
  | 'TOO_LARGE'
  | 'LEFT_ALONE'
  | 'BUSY';

const MESSAGES: Readonly<Record<Exclude<OutboundReason, 'REFUSED_URL'>, string>> = {
  REFUSED_HEADER: 'A header of the request has a name or a value that cannot be sent.',
  // One text for an unknown name and for a name in a private network: the answer maps no network from inside.
  UNREACHABLE_ADDRESS:
    'The server has no public internet address: its name is unknown or leads into a private network.',
  CONNECTION: 'The server refused or dropped the connection.',
  TLS: 'No secure connection: the certificate of the server cannot be verified.',
  TIMEOUT: 'The server did not answer in time.',
  REDIRECT: 'The server answers with a redirect, which is not followed. Enter the address it leads to.',
  TOO_LARGE: 'The answer of the server is too large to be the expected one.',
  LEFT_ALONE: 'The server has failed several times and is left alone for a while. Try again shortly.',
  BUSY: 'Too many requests to the server are under way. Try again shortly.',
};

export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly reason: OutboundReason;

  constructor(reason: OutboundReason, options: { message?: string; cause?: unknown } = {}) {
    const message =
      options.message ?? (reason === 'REFUSED_URL' ? 'The address is not allowed.' : MESSAGES[reason]);
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
  }
}

const REFUSALS = { OPEN: 'LEFT_ALONE', FULL: 'BUSY', TIMEOUT: 'TIMEOUT' } as const;
const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);
const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;

/** What a failed request means. Looks at the error and its causes. */
export function toOutboundError(error: unknown): OutboundError {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof OutboundError) return current;
    if (current instanceof PolicyRefusal)
      return new OutboundError(REFUSALS[current.reason], { cause: error });
    const reason = reasonOf(current);
    if (reason !== null) return new OutboundError(reason, { cause: error });
  }
  return new OutboundError('CONNECTION', { cause: error });
}

/** How undici tells of a proxy that does not connect: of one that refuses to, as smokescreen, and of one that cannot. */
const PROXY_ANSWER = /^Proxy response \((\d+)\)/;

function reasonOf(error: Error): OutboundReason | null {
  const [, proxyStatus] = PROXY_ANSWER.exec(error.message) ?? [];
  if (proxyStatus !== undefined) return /^40[37]$/.test(proxyStatus) ? 'UNREACHABLE_ADDRESS' : 'CONNECTION';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'TIMEOUT';
  const code = 'code' in error ? String(error.code) : '';
  if (TIMEOUTS.has(code)) return 'TIMEOUT';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'TOO_LARGE';
  return TLS_CODE.test(code) ? 'TLS' : null;
}
