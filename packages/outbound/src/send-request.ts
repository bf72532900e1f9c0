/** One request and its answer, bounded in size and time. */
import { request, type Dispatcher } from 'undici';
import { OutboundError } from './outbound-error.ts';
import { toRequestHeaders } from './request-headers.ts';

export interface OutboundHead {
  readonly status: number;
  readonly headers: Headers;
}

export interface OutboundRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Whose request it is: what fails for one connection says nothing to another one of the same server. */
  readonly connection?: string;
  /** True when doing it twice is the same as doing it once; then it is tried again where no usable answer came. */
  readonly isRepeatable?: boolean;
  /** Keeps so many bytes of the answer's body and lets go of the rest; a longer body is an error otherwise. */
  readonly cutBodyAfterBytes?: number;
  /** Told of the head of each answer before its body is read: also of a redirect, and of a body that never ends. */
  readonly onHead?: (head: OutboundHead) => void;
}

interface Limits {
  readonly dispatcher: Dispatcher;
  /** From the request to the last byte of the answer. */
  readonly deadlineMs: number;
  readonly maxResponseBytes: number;
}

/** Statuses whose response has no body. */
const EMPTY_STATUSES = new Set([204, 205, 304]);

/**
 * Answers with the complete response, its body already read.
 * @throws what the connection fails with, or OutboundError
 */
export async function sendRequest(url: URL, init: OutboundRequest, limits: Limits): Promise<Response> {
  const deadline = AbortSignal.timeout(limits.deadlineMs);
  const response = await request(url, {
    dispatcher: limits.dispatcher,
    method: init.method ?? 'GET',
    headers: toRequestHeaders(init.headers),
    body: init.body ?? null,
    signal: init.signal ? AbortSignal.any([init.signal, deadline]) : deadline,
  });
  const { statusCode: status, body } = response;
  // What is destroyed with bytes on the way says so by an error that concerns nobody.
  body.on('error', () => undefined);
  try {
    const headers = toHeaders(response.headers);
    init.onHead?.({ status, headers });
    if (status >= 300 && status < 400) throw new OutboundError('REDIRECT');
    if (status < 200 || status > 599) throw new OutboundError('CONNECTION');
    const bytes = await readBody(body, init.cutBodyAfterBytes ?? null, limits.maxResponseBytes);
    return new Response(EMPTY_STATUSES.has(status) ? null : bytes, { status, headers });
  } finally {
    // Nothing after what was read is waited for: an answer that is not at its end takes its connection with it.
    body.destroy();
  }
}

async function readBody(
  body: AsyncIterable<Buffer>,
  cutAfter: number | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const limit = cutAfter ?? maxBytes;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (size + chunk.length > limit) {
      if (cutAfter === null) throw new OutboundError('TOO_LARGE');
      chunks.push(chunk.subarray(0, limit - size));
      break;
    }
    chunks.push(chunk);
    size += chunk.length;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function toHeaders(given: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(given)) {
    for (const value of [values ?? []].flat()) headers.append(name, value);
  }
  return headers;
}
