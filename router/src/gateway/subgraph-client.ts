/** Sends the fetches of a query plan to one subgraph: deadlines, a cap on the answer, and no calls to one that does not answer. */
import type { GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import { DEADLINE_HEADER, ReplicaClient, type Logger, type Replicas } from '@flowgrid/platform';
import type { Dispatcher } from 'undici';
import type { RouterMetrics } from '../metrics.ts';
import { FailureAnswers, SubgraphFailure } from './fetch-failure.ts';
import { isRecord } from './json.ts';
import type { RouterContext } from './request.ts';
import { SubgraphGuard } from './subgraph-guard.ts';
import type { Subgraph } from './supergraph.ts';

export interface SubgraphClientOptions {
  readonly subgraph: Subgraph;
  /** Where it is; not owned. */
  readonly replicas: Replicas;
  readonly logger: Logger;
  readonly metrics: RouterMetrics;
  /** From the start of a call to the last byte of its answer. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** One fetch of a query plan. */
export interface Fetch {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A query begins with its selection or by its name; anything else is taken for a mutation. */
const QUERY = /^\s*(?:\{|query\b)/;
/** A call that had less of its usual time than this, and was too late, says nothing about the subgraph. */
const FAIR_SHARE = 0.5;

export class SubgraphClient implements AsyncDisposable {
  readonly #options: SubgraphClientOptions;
  readonly #client: ReplicaClient;
  readonly #guard: SubgraphGuard;
  readonly #failures = new FailureAnswers();

  constructor(options: SubgraphClientOptions) {
    const { subgraph, replicas, timeoutMs, logger, metrics } = options;
    this.#options = options;
    this.#client = new ReplicaClient(replicas, { timeoutMs });
    metrics.setBreaker(subgraph.name, 'closed');
    this.#guard = new SubgraphGuard({
      onStateChange: (state) => {
        metrics.setBreaker(subgraph.name, state);
        logger.warn({ subgraph: subgraph.name, state }, 'the circuit breaker of a subgraph changed');
      },
    });
  }

  /** Never rejects: what goes wrong becomes errors at the fields of this fetch, and the other fields are answered. */
  async fetch(fetch: Fetch, context: RouterContext): Promise<GatewayGraphQLResponse> {
    const { subgraph, metrics } = this.#options;
    const startedAt = performance.now();
    try {
      const answer = await this.#guard.run(
        () => this.#send(fetch, context, startedAt),
        context.viewer.tenantId,
      );
      metrics.observeFetch(subgraph.name, 'ok', performance.now() - startedAt);
      return answer;
    } catch (error) {
      const reason = error instanceof SubgraphFailure ? error.reason : 'unusable';
      metrics.observeFetch(subgraph.name, reason, performance.now() - startedAt);
      this.#log(error, context);
      return this.#failures.answer(fetch.query, fetch.variables);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  #log(error: unknown, { requestId }: RouterContext): void {
    const { subgraph, logger } = this.#options;
    const facts = { subgraph: subgraph.name, requestId, err: error };
    // The change of the breaker is in the log; a line for each call that it spares would bury it.
    const isQuiet =
      error instanceof SubgraphFailure && (error.reason === 'refused' || error.reason === 'abandoned');
    if (isQuiet) logger.debug(facts, 'subgraph call failed');
    else logger.warn(facts, 'subgraph call failed');
  }

  async #send(fetch: Fetch, context: RouterContext, startedAt: number): Promise<GatewayGraphQLResponse> {
    const { subgraph, timeoutMs, maxAnswerBytes } = this.#options;
    const limitMs = Math.floor(Math.min(context.deadlineAt - startedAt, timeoutMs));
    if (limitMs <= 0) throw new SubgraphFailure('late', 'the time of the operation is over');
    using limit = startLimit(context.signal, limitMs, limitMs >= timeoutMs * FAIR_SHARE ? 'timeout' : 'late');
    try {
      const response = await this.#client.request({
        method: 'POST',
        path: subgraph.graphqlPath,
        headers: toHeaders(subgraph.name, context, limitMs),
        body: JSON.stringify(fetch),
        signal: limit.signal,
        isRepeatable: QUERY.test(fetch.query),
      });
      const text = await readText(response.body, maxAnswerBytes);
      if (response.statusCode === 401) {
        context.onTokenRefused();
        throw new SubgraphFailure('unusable', 'the context token was refused');
      }
      if (response.statusCode >= 500) throw new SubgraphFailure('status', `status ${response.statusCode}`);
      return toAnswer(text);
    } catch (error) {
      if (error instanceof SubgraphFailure) throw error;
      throw new SubgraphFailure('unreachable', 'the connection failed', { cause: error });
    }
  }
}

/** Aborts with the client, or when the time is over; leaves no timer and no listener behind. */
function startLimit(
  client: AbortSignal,
  limitMs: number,
  reason: 'timeout' | 'late',
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(new SubgraphFailure('abandoned', 'the client went away'));
  const timer = setTimeout(
    () => controller.abort(new SubgraphFailure(reason, `no answer within ${limitMs} ms`)),
    limitMs,
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
function toHeaders(subgraph: string, context: RouterContext, limitMs: number): Record<string, string> {
  const token = context.viewer.tokenFor(subgraph);
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-request-id': context.requestId,
    [DEADLINE_HEADER]: String(limitMs),
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
    if (size > maxBytes) throw new SubgraphFailure('unusable', `answer of more than ${maxBytes} bytes`);
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
    throw new SubgraphFailure('unusable', 'answer is not JSON', { cause: error });
  }
  if (!isRecord(answer) || !('data' in answer || 'errors' in answer)) {
    throw new SubgraphFailure('unusable', 'answer is not one of GraphQL');
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
