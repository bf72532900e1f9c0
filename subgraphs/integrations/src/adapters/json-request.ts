/** One request to a connected system that answers in JSON. */
import type { z } from 'zod';
import { statusError, unreadableAnswer } from './connector-error.ts';
import type { OutboundFetch, OutboundRequest } from '@flowgrid/outbound';

/**
 * Sends the request and parses the answer.
 * @throws ConnectorError for a failing status or another answer than `schema` says, OutboundError without an answer.
 */
export async function requestJson<Schema extends z.ZodType>(
  fetch: OutboundFetch,
  request: OutboundRequest & { readonly url: URL },
  expected: { readonly schema: Schema; readonly system: string; readonly notFoundHint: string },
): Promise<z.output<Schema>> {
  const { url, ...init } = request;
  const response = await fetch(url, {
    isRepeatable: (init.method ?? 'GET') === 'GET',
    ...init,
    headers: { accept: 'application/json', ...init.headers },
  });
  if (!response.ok) {
    throw statusError(response.status, { ...expected, retryAfter: response.headers.get('retry-after') });
  }
  const text = await response.text();
  const answer = expected.schema.safeParse(parseJson(text, expected.system));
  if (!answer.success) throw unreadableAnswer(expected.system);
  return answer.data;
}

function parseJson(text: string, system: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the answer; it is not kept.
    throw unreadableAnswer(system);
  }
}

/** The path below a base address, which may have a path of its own. */
export function below(baseUrl: string, path: string): URL {
  return new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
}

/** An `authorization` header by user and password (RFC 7617). */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

/** The same requests, on behalf of one connection. */
export function forConnection(fetch: OutboundFetch, connection: string): OutboundFetch {
  return (url, init) => fetch(url, { ...init, connection });
}
