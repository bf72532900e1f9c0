/** Sends the fetches of a query plan to one subgraph: pooled connections, deadlines, a cap on the answer. */
import type { GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import type { Logger } from '@flowgrid/platform';
import { Pool, type Dispatcher } from 'undici';
import { FailureAnswers, SubgraphFailure } from './fetch-failure.ts';
import { isRecord } from './json.ts';
import type { RouterContext } from './request.ts';
import type { Subgraph } from './supergraph.ts';

export interface SubgraphClientOptions {
  readonly subgraph: Subgraph;
  readonly logger: Logger;
  /** From the start of a call to the last byte of its answer. */
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
}

/** One fetch of a query plan. */
export interface Fetch {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

const CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 3_000;
const KEEP_ALIVE_MS = 30_000;

export class SubgraphClient implements AsyncDisposable {
  readonly #options: SubgraphClientOptions;
  readonly #path: string;
  readonly #pool: Pool;
  readonly #failures = new FailureAnswers();

  constructor(options: SubgraphClientOptions) {
    const url = new URL(options.subgraph.url);
    this.#options = options;
    this.#path = `${url.pathname}${url.search}`;
    this.#pool = new Pool(url.origin, {
      connections: CONNECTIONS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: options.deadlineMs,
      bodyTimeout: options.deadlineMs,
    });
  }

  /** Never rejects: what goes wrong becomes errors at the fields of this fetch, and the other fields are answered. */
  async fetch(fetch: Fetch, context: RouterContext): Promise<GatewayGraphQLResponse> {
    try {
      return await this.#send(fetch, context);
    } catch (error) {
      if (!context.signal.aborted) {
        this.#options.logger.warn(
          { subgraph: this.#options.subgraph.name, requestId: context.requestId, err: error },
          'subgraph call failed',
        );
      }
      return this.#failures.answer(fetch.query, fetch.variables);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }

  async #send(fetch: Fetch, context: RouterContext): Promise<GatewayGraphQLResponse> {
    const { subgraph, deadlineMs, maxAnswerBytes } = this.#options;
    using deadline = startDeadline(context.signal, deadlineMs);
    const response = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: toHeaders(subgraph.name, context),
      body: JSON.stringify(fetch),
      signal: deadline.signal,
    });
    const text = await readText(response.body, maxAnswerBytes);
    if (response.statusCode === 401) context.onTokenRefused();
    if (response.statusCode >= 500 || response.statusCode === 401) {
      throw new SubgraphFailure(`status ${response.statusCode}`);
    }
    return toAnswer(text);
  }
}

/** Aborts with the client, or when the time is over; leaves no timer and no listener behind. */
function startDeadline(
  client: AbortSignal,
  deadlineMs: number,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(new SubgraphFailure('the client went away'));
  const timer = setTimeout(
    () => controller.abort(new SubgraphFailure(`no answer within ${deadlineMs} ms`)),
    deadlineMs,
  );
  client.addEventListener('abort', onAbort, { once: true });
  if (client.aborted) onAbort();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      client.removeEventListener('abort', onAbort);
    },
  };
}

/** Nothing that the client sent goes on, but for what is listed here. */
function toHeaders(subgraph: string, context: RouterContext): Record<string, string> {
  const token = context.viewer.tokenFor(subgraph);
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-request-id': context.requestId,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(context.clientAddress !== null && { 'x-client-address': context.clientAddress }),
    ...(context.traceparent !== null && { traceparent: context.traceparent }),
  };
}

async function readText(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    // Leaving the loop destroys the body and with it the connection.
    if (size > maxBytes) throw new SubgraphFailure(`answer of more than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Parses an answer. @throws SubgraphFailure when it is not one of GraphQL. */
function toAnswer(text: string): GatewayGraphQLResponse {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw new SubgraphFailure('answer is not JSON', { cause: error });
  }
  if (!isRecord(answer) || !('data' in answer || 'errors' in answer)) {
    throw new SubgraphFailure('answer is not one of GraphQL');
  }
  const { data, errors } = answer;
  return {
    ...(isRecord(data) && { data }),
    ...(Array.isArray(errors) && { errors: errors.filter(isRecord).map(toFormattedError) }),
  };
}

function toFormattedError(error: Record<string, unknown>): {
  message: string;
  path?: (string | number)[];
  extensions: Record<string, unknown>;
} {
  const { message, path, extensions } = error;
  return {
    message: typeof message === 'string' ? message : '',
    ...(Array.isArray(path) && { path: path.filter(isPathPart) }),
    extensions: isRecord(extensions) ? extensions : {},
  };
}

function isPathPart(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
