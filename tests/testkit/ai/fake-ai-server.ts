/** An HTTP server on this machine that answers as an AI provider does; what the protocols share. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AiBehaviour, AiResponder, FakeAiRequest, FakeTokens } from './behaviour.ts';

export interface FakeAiServer extends AsyncDisposable {
  /** What `ANTHROPIC_BASE_URL` or `OPENAI_BASE_URL` is to be. */
  readonly url: string;
  readonly apiKey: string;
  /** All that were accepted, in the order in which they came. */
  readonly requests: readonly FakeAiRequest[];
  /** Requests that were refused because they are not as the API demands, with the reason. */
  readonly refused: readonly string[];
  /** What the next requests get, one each, before the responder is asked. */
  script(...behaviours: readonly AiBehaviour[]): void;
  /** Who answers when nothing is scripted. */
  respondWith(responder: AiResponder): void;
}

export interface FakeAiOptions {
  readonly apiKey?: string;
  readonly respond?: AiResponder;
}

/** A request as the protocol read it, or the answer to a request that the API would refuse. */
export type ReadRequest =
  | { readonly isValid: true; readonly request: Omit<FakeAiRequest, 'number' | 'headers' | 'body' | 'state'> }
  | { readonly isValid: false; readonly status: number; readonly message: string };

export interface ServerEvent {
  readonly type: string;
}

export interface Protocol {
  readonly baseUrl: (origin: string) => string;
  readonly path: string;
  readonly isAuthentic: (headers: IncomingMessage['headers'], apiKey: string) => boolean;
  readonly read: (body: unknown, headers: IncomingMessage['headers']) => ReadRequest;
  readonly failure: (status: number, message: string) => unknown;
  /** What is sent before the first text. */
  readonly opening: (request: FakeAiRequest, tokens: FakeTokens) => readonly ServerEvent[];
  readonly delta: (text: string) => ServerEvent;
  readonly ending: (end: StreamEnd) => readonly ServerEvent[];
  /** A whole stream that consists of prose, or of a refusal. */
  readonly talk: (request: FakeAiRequest, text: string, tokens: FakeTokens) => readonly ServerEvent[];
  readonly refusal: (request: FakeAiRequest, reason: string, tokens: FakeTokens) => readonly ServerEvent[];
  readonly failureInStream: (error: 'OVERLOADED' | 'RATE_LIMITED' | 'INTERNAL') => ServerEvent;
  /** The JSON text in which a model of the provider writes the value under the schema of the request. */
  readonly write: (value: unknown, request: FakeAiRequest) => string;
}

export interface StreamEnd {
  readonly reason: 'COMPLETE' | 'MAX_TOKENS';
  readonly text: string;
  readonly request: FakeAiRequest;
  readonly tokens: FakeTokens;
}

const DELTA_CHARACTERS = 40;

export async function startFakeAiServer(
  makeProtocol: () => Protocol,
  { apiKey = 'test-key-0123456789abcdef', respond }: FakeAiOptions,
): Promise<FakeAiServer> {
  const requests: { -readonly [Key in keyof FakeAiRequest]: FakeAiRequest[Key] }[] = [];
  const refused: string[] = [];
  const script: AiBehaviour[] = [];
  const cache = new Set<string>();
  let responder = respond;

  const refuse = (response: ServerResponse, status: number, message: string): void => {
    refused.push(`${status} ${message}`);
    sendJson(response, status, makeProtocol().failure(status, message));
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const protocol = makeProtocol();
    const { pathname } = new URL(incoming.url ?? '/', 'http://local');
    const raw = await text(incoming);
    if (incoming.method !== 'POST' || pathname !== protocol.path) {
      return refuse(response, 404, `no such path: ${incoming.method} ${pathname}`);
    }
    if (!protocol.isAuthentic(incoming.headers, apiKey)) return refuse(response, 401, 'invalid API key');
    const body: unknown = JSON.parse(raw);
    const read = protocol.read(body, incoming.headers);
    if (!read.isValid) return refuse(response, read.status, read.message);
    const request = {
      ...read.request,
      number: requests.length + 1,
      headers: incoming.headers,
      body,
      state: 'OPEN' as FakeAiRequest['state'],
    };
    requests.push(request);
    response.once('close', () => (request.state = response.writableFinished ? 'ENDED' : 'CLOSED'));
    const behaviour = script.shift() ?? (await responder?.(request));
    if (!behaviour) return refuse(response, 500, 'the test said nothing about this request');
    await behave({ protocol, request, response, behaviour, cache });
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      refused.push(`500 ${String(error)}`);
      response.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: makeProtocol().baseUrl(`http://127.0.0.1:${address.port}`),
    apiKey,
    requests,
    refused,
    script: (...behaviours) => void script.push(...behaviours),
    respondWith: (next) => {
      responder = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

interface Exchange {
  readonly protocol: Protocol;
  readonly request: FakeAiRequest;
  readonly response: ServerResponse;
  readonly behaviour: AiBehaviour;
  /** What the provider has in its prompt cache. */
  readonly cache: Set<string>;
}

async function behave({ protocol, request, response, behaviour, cache }: Exchange): Promise<void> {
  if (behaviour.does === 'HANG') return;
  if (behaviour.does === 'FAIL') {
    sendJson(
      response,
      behaviour.status,
      protocol.failure(behaviour.status, behaviour.message),
      behaviour.headers,
    );
    return;
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  if (behaviour.does === 'TALK' || behaviour.does === 'REFUSE') {
    const words = behaviour.does === 'TALK' ? behaviour.text : behaviour.reason;
    const events = (behaviour.does === 'TALK' ? protocol.talk : protocol.refusal)(
      request,
      words,
      countTokens(request, words, cache),
    );
    for (const event of events) send(response, event);
    response.end();
    return;
  }
  const answer = behaviour.does === 'ANSWER_TEXT' ? behaviour.text : protocol.write(behaviour.value, request);
  const tokens = {
    ...countTokens(request, answer, cache),
    ...(behaviour.does === 'ANSWER_TEXT' ? {} : behaviour.tokens),
  };
  for (const event of protocol.opening(request, tokens)) send(response, event);
  const isWhole = behaviour.does === 'ANSWER' || behaviour.does === 'ANSWER_TEXT';
  const half = isWhole ? answer : answer.slice(0, Math.ceil(answer.length / 2));
  await sendText(response, protocol, half);
  switch (behaviour.does) {
    case 'ANSWER':
    case 'ANSWER_TEXT':
      break;
    case 'ANSWER_SLOWLY':
      await behaviour.until;
      await sendText(response, protocol, answer.slice(half.length));
      break;
    case 'RUN_OUT':
      for (const event of protocol.ending({ reason: 'MAX_TOKENS', text: half, request, tokens })) {
        send(response, event);
      }
      response.end();
      return;
    case 'FAIL_IN_STREAM':
      send(response, protocol.failureInStream(behaviour.error));
      response.end();
      return;
    case 'END_EARLY':
      response.end();
      return;
    case 'CUT':
      // A turn later, so that what was written has left.
      await nextTurn();
      response.destroy();
      return;
    case 'STALL':
      return;
  }
  for (const event of protocol.ending({ reason: 'COMPLETE', text: answer, request, tokens })) {
    send(response, event);
  }
  response.end();
}

async function sendText(response: ServerResponse, protocol: Protocol, answer: string): Promise<void> {
  for (let start = 0; start < answer.length && !response.destroyed; start += DELTA_CHARACTERS) {
    send(response, protocol.delta(answer.slice(start, start + DELTA_CHARACTERS)));
    // Several chunks on the wire, as it is with a model that thinks.
    await nextTurn();
  }
}

function send(response: ServerResponse, event: ServerEvent): void {
  if (!response.destroyed) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** About four characters a token. The instructions and the schema are written to the cache once and then read from it. */
function countTokens(request: FakeAiRequest, answer: string, cache: Set<string>): FakeTokens {
  const count = (characters: number): number => Math.ceil(characters / 4);
  const prefix = JSON.stringify([request.model, request.system, request.answer]);
  const isCached = cache.has(prefix);
  cache.add(prefix);
  const messages = request.messages.reduce((sum, message) => sum + message.text.length, 0);
  return {
    inputTokens: count(messages),
    cachedInputTokens: isCached ? count(prefix.length) : 0,
    cacheWriteTokens: isCached ? 0 : count(prefix.length),
    outputTokens: count(answer.length),
  };
}
