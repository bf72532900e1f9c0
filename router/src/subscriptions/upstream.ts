/** Subscriptions at one subgraph: the streams at a replica share a socket, each carries its own context token. */
import type { Logger, Replica, Replicas } from '@flowgrid/platform';
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws';
import { GraphQLError } from 'graphql';
import { WebSocket } from 'ws';
import { isRecord } from '../gateway/json.ts';
import type { Subgraph } from '../gateway/supergraph.ts';
import { EventQueue } from './event-queue.ts';

const QUEUED_EVENTS = 256;
const CONNECT_TIMEOUT_MS = 3_000;
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const IDLE_CLOSE_MS = 5_000;
const PING_INTERVAL_MS = 10_000;
const PONG_TIMEOUT_MS = 5_000;

export type UpstreamEvent = FormattedExecutionResult<Record<string, unknown>, unknown>;

export interface UpstreamRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** A context token that is valid now; undefined without identity. */
  readonly token: () => Promise<string | undefined>;
  readonly signal: AbortSignal;
}

/** The stream broke before its end: the subgraph went away, or the consumer fell behind. It may be opened again. */
export class UpstreamLost extends Error {
  override readonly name = 'UpstreamLost';
  /** False when there was no connection at all. */
  readonly wasOpen: boolean;
  /** False when the connection is well, and this stream alone was given up. */
  readonly isOfSocket: boolean;

  constructor(message: string, options: { wasOpen: boolean; isOfSocket: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.wasOpen = options.wasOpen;
    this.isOfSocket = options.isOfSocket;
  }
}

/** The subgraph refused the operation or ended it with errors. */
export class UpstreamRefused extends Error {
  override readonly name = 'UpstreamRefused';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('the subgraph refused the subscription');
    this.errors = errors;
  }
}

export class UpstreamClient implements AsyncDisposable {
  readonly #replicas: Replicas;
  readonly #logger: Logger;
  readonly #sockets: ReadonlyMap<Replica, SharedSocket>;

  constructor({ name, graphqlPath }: Subgraph, replicas: Replicas, logger: Logger) {
    this.#replicas = replicas;
    this.#logger = logger;
    this.#sockets = new Map(
      replicas.all.map((replica) => [replica, new SharedSocket(name, `${replica.url}${graphqlPath}`)]),
    );
  }

  /**
   * Yields events until the subgraph completes the stream or `signal` aborts. A replica without a connection is passed over.
   * Throws `UpstreamLost` or `UpstreamRefused`.
   */
  async *stream(request: UpstreamRequest): AsyncGenerator<UpstreamEvent, void, undefined> {
    const tried = new Set<Replica>();
    for (;;) {
      const replica = this.#replicas.choose('streams', tried);
      const socket = replica && this.#sockets.get(replica);
      if (!replica || !socket)
        throw new UpstreamLost('there is no replica', { wasOpen: false, isOfSocket: false });
      replica.streams += 1;
      try {
        yield* socket.stream(request);
        return;
      } catch (error) {
        if (!(error instanceof UpstreamLost) || request.signal.aborted) throw error;
        this.#noteLoss(replica, error);
        tried.add(replica);
        // What was open before is continued by its owner, who knows how far it came.
        if (error.wasOpen || !this.#replicas.choose('streams', tried)) throw error;
      } finally {
        replica.streams -= 1;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sockets.values()].map((socket) => socket[Symbol.asyncDispose]()));
  }

  #noteLoss(replica: Replica, loss: UpstreamLost): void {
    if (!loss.isOfSocket) return;
    this.#replicas.setAside(replica, loss.message);
    this.#logger.info(
      { subgraph: this.#replicas.service, replica: replica.url, reason: loss.message },
      'subscription socket to the subgraph was lost',
    );
  }
}

/** The socket to one replica; opened for its first stream and closed some time after its last. */
class SharedSocket implements AsyncDisposable {
  readonly #subgraph: string;
  readonly #client: Client;
  /** The socket needs a token too: the one of whoever asked for it last. */
  #connectToken: UpstreamRequest['token'] = () => Promise.resolve(undefined);
  #isConnected = false;
  #pongTimer: NodeJS.Timeout | undefined;

  constructor(subgraph: string, url: string) {
    this.#subgraph = subgraph;
    this.#client = this.#createClient(url.replace(/^http/, 'ws'));
  }

  async *stream(request: UpstreamRequest): AsyncGenerator<UpstreamEvent, void, undefined> {
    const token = await request.token();
    if (request.signal.aborted) return;
    this.#connectToken = request.token;
    const queue = new EventQueue<UpstreamEvent>(QUEUED_EVENTS);
    const unsubscribe = this.#subscribe(request, token, queue);
    const onAbort = (): void => queue.clear();
    request.signal.addEventListener('abort', onAbort, { once: true });
    try {
      yield* queue.drain();
    } finally {
      request.signal.removeEventListener('abort', onAbort);
      queue.clear();
      unsubscribe();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#pongTimer);
    await this.#client.dispose();
  }

  #subscribe(
    { query, operationName, variables }: UpstreamRequest,
    token: string | undefined,
    queue: EventQueue<UpstreamEvent>,
  ): () => void {
    const payload = {
      query,
      variables: { ...variables },
      ...(operationName !== undefined && { operationName }),
      ...(token !== undefined && { extensions: { authorization: `Bearer ${token}` } }),
    };
    const unsubscribe = this.#client.subscribe<Record<string, unknown>>(payload, {
      next: (event) => {
        if (queue.push(event)) return;
        queue.end(new UpstreamLost('the consumer fell behind', { wasOpen: true, isOfSocket: false }));
        unsubscribe();
      },
      error: (error) => queue.end(this.#toFailure(error)),
      complete: () => queue.end(),
    });
    return unsubscribe;
  }

  #toFailure(error: unknown): UpstreamLost | UpstreamRefused {
    if (Array.isArray(error)) return new UpstreamRefused(error.map(toSubgraphError(this.#subgraph)));
    return new UpstreamLost(describe(error), { wasOpen: this.#isConnected, isOfSocket: true, cause: error });
  }

  #createClient(url: string): Client {
    return createClient({
      url,
      webSocketImpl: UpstreamSocket,
      lazyCloseTimeout: IDLE_CLOSE_MS,
      connectionAckWaitTimeout: CONNECT_TIMEOUT_MS,
      keepAlive: PING_INTERVAL_MS,
      // Streams are opened again by their owners, who know where to continue; the client would repeat from the start.
      retryAttempts: 0,
      connectionParams: async () => {
        const token = await this.#connectToken();
        return token === undefined ? {} : { authorization: `Bearer ${token}` };
      },
      on: {
        connecting: () => {
          this.#isConnected = false;
        },
        connected: () => {
          this.#isConnected = true;
        },
        ping: (isReceived) => {
          if (isReceived) return;
          clearTimeout(this.#pongTimer);
          this.#pongTimer = setTimeout(() => this.#client.terminate(), PONG_TIMEOUT_MS);
        },
        pong: () => clearTimeout(this.#pongTimer),
        closed: () => clearTimeout(this.#pongTimer),
      },
    });
  }
}

class UpstreamSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol, {
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
  }
}

function toSubgraphError(subgraph: string): (error: unknown) => GraphQLError {
  return (error) => {
    const message = isRecord(error) && typeof error['message'] === 'string' ? error['message'] : '';
    const extensions = isRecord(error) && isRecord(error['extensions']) ? error['extensions'] : {};
    return new GraphQLError(message, { extensions: { ...extensions, serviceName: subgraph } });
  };
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null && 'code' in error) {
    const reason = 'reason' in error ? ` ${String(error.reason)}` : '';
    return `closed with ${String(error.code)}${reason}`;
  }
  return String(error);
}
