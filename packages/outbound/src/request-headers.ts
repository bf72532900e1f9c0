/** The headers that a request may have: none of them changes where it goes or where it ends. */
import { OutboundError } from './outbound-error.ts';

/** Of the connection rather than of the request; whoever sets them says one server's name to another, or hides a second request. */
const NOT_OURS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Lower-case names, and no encoding of the answer: one that is encoded all the same stays so, and cannot grow.
 * @throws OutboundError for a line break in a value, and for a header of the connection
 */
export function toRequestHeaders(given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const headers = readHeaders(given);
  for (const name of headers.keys()) {
    if (NOT_OURS.has(name) || name.startsWith('proxy-'))
      throw new OutboundError('REFUSED_HEADER', { message: `The header ${name} cannot be set.` });
  }
  return { ...Object.fromEntries(headers), 'accept-encoding': 'identity' };
}

function readHeaders(given: Readonly<Record<string, string>>): Headers {
  try {
    return new Headers(given);
  } catch {
    // The error names the value, which may be a secret.
    throw new OutboundError('REFUSED_HEADER');
  }
}
