/** Sends a message to an endpoint once, and gives what came back: cut to what the log keeps. */
import { toOutboundError, type OutboundFetch, type OutboundHead } from '@flowgrid/outbound';
import type { Answer } from './attempt-outcome.ts';

export interface SentMessage {
  readonly answer: Answer;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: string | null;
  readonly isBodyCut: boolean;
  readonly durationMs: number;
}

export interface MessageRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export type WebhookClient = (request: MessageRequest) => Promise<SentMessage>;

const KEPT_BODY_BYTES = 4_096;
const MAX_HEADERS = 40;
const MAX_HEADER_LENGTH = 300;

/** Never rejects: what goes wrong is an answer, too. */
export function createWebhookClient(fetch: OutboundFetch): WebhookClient {
  return async ({ url, headers, body, signal }) => {
    const startedAt = performance.now();
    let head: OutboundHead | null = null;
    const onHead = (given: OutboundHead): void => {
      head = given;
    };
    const durationMs = (): number => Math.round(performance.now() - startedAt);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body,
        signal,
        onHead,
        // One more than is kept tells that there was more.
        cutBodyAfterBytes: KEPT_BODY_BYTES + 1,
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const { status } = response;
      return {
        answer: { kind: 'answered', status, retryAfter: response.headers.get('retry-after') },
        responseHeaders: toLoggedHeaders(response.headers),
        responseBody: toText(bytes.subarray(0, KEPT_BODY_BYTES)),
        isBodyCut: bytes.length > KEPT_BODY_BYTES,
        durationMs: durationMs(),
      };
    } catch (error) {
      return { ...toUnanswered(error, head), durationMs: durationMs() };
    }
  };
}

function toUnanswered(error: unknown, head: OutboundHead | null): Omit<SentMessage, 'durationMs'> {
  const { reason, message } = toOutboundError(error);
  const seen = {
    responseHeaders: head === null ? null : toLoggedHeaders(head.headers),
    responseBody: null,
    isBodyCut: false,
  };
  if (reason === 'REDIRECT' && head !== null)
    return { answer: { kind: 'answered', status: head.status, retryAfter: null }, ...seen };
  return { answer: { kind: 'unanswered', reason, message }, ...seen };
}

/** Bytes that are no text are shown as such; PostgreSQL keeps no NUL. */
const toText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replaceAll('\0', '\u{FFFD}');

function toLoggedHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers]
      .slice(0, MAX_HEADERS)
      .map(([name, value]) => [name, name === 'set-cookie' ? '…' : value.slice(0, MAX_HEADER_LENGTH)]),
  );
}
