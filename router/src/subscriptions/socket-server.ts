/** GraphQL over WebSocket for clients: graphql-transport-ws at /graphql of the router's HTTP server. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { FlowgridError, newId, overloaded, type Clock, type Logger } from '@flowgrid/platform';
import type { EpochKey } from '@flowgrid/shared-state';
import {
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import {
  CloseCode,
  handleProtocols,
  makeServer,
  type Context,
  type ExecutionResult as ProtocolResult,
  type Server,
  type SubscribePayload,
} from 'graphql-ws';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { formatRouterError, logRouterError } from '../gateway/errors.ts';
import type { Executor, PreparedOperation } from '../gateway/executor.ts';
import type { OperationReader, ReadOperation } from '../gateway/operations.ts';
import type { LoadedSupergraph } from '../gateway/supergraph.ts';
import type { Identity } from '../identity/identity.ts';
import { requireAllowed } from '../limits/rate-limit-answer.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { FederatedSubscriptions } from './federated-subscription.ts';
import { GOING_AWAY, SocketSession } from './socket-session.ts';

export interface SocketServerOptions {
  readonly server: HttpServer;
  readonly supergraph: LoadedSupergraph;
  readonly reader: OperationReader;
  readonly executor: Executor;
  readonly subscriptions: FederatedSubscriptions;
  readonly identity: Identity;
  readonly logger: Logger;
  /** How often a silent socket asks whether its token still holds. */
  readonly checkIntervalMs: number;
  readonly clock: Clock;
  readonly clientAddressOf: (request: IncomingMessage) => string | null;
  /** Null counts nothing. */
  readonly rateLimiter: RateLimiter | null;
  readonly operationTimeoutMs: number;
  /** True while new operations are refused. */
  readonly isOverloaded: () => boolean;
  /** Aborted when the router is asked to end: what is open goes on, new operations are sent to other routers. */
  readonly stopping?: AbortSignal;
}

type SocketContext = Context<Record<string, unknown> | undefined, SocketSession>;

const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_OPERATIONS_PER_SOCKET = 100;
const PING_INTERVAL_MS = 12_000;
const TRY_AGAIN_LATER = 1013;

/** What an operation on a socket is made of, handed from its checks to its execution. */
class SocketOperation {
  readonly prepared: PreparedOperation | null;
  readonly events: AsyncGenerator<ExecutionResult, void, undefined> | null;
  readonly requestId: string;
  readonly session: SocketSession;

  constructor(
    { requestId, session }: { readonly requestId: string; readonly session: SocketSession },
    work: { prepared?: PreparedOperation; events?: AsyncGenerator<ExecutionResult, void, undefined> },
  ) {
    this.requestId = requestId;
    this.session = session;
    this.prepared = work.prepared ?? null;
    this.events = work.events ?? null;
  }
}

export class SocketServer implements AsyncDisposable {
  readonly #options: SocketServerOptions;
  readonly #protocol: Server<SocketSession>;
  readonly #sockets: WebSocketServer;
  readonly #sessions = new Set<SocketSession>();
  readonly #onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#protocol = this.#createProtocol();
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols,
    });
    this.#onUpgrade = (request, socket, head) => this.#upgrade(request, socket, head);
    options.server.on('upgrade', this.#onUpgrade);
  }

  get #isStopping(): boolean {
    return this.#options.stopping?.aborted === true;
  }

  get openSockets(): number {
    return this.#sessions.size;
  }

  /** Asks at once about the sockets that a revocation speaks of. */
  recheck(whose: EpochKey): void {
    for (const session of this.#sessions) {
      if (session.isGrantedUnder(whose)) void session.check();
    }
  }

  /** Tells every client that the router goes away, and waits until the sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.server.off('upgrade', this.#onUpgrade);
    for (const socket of this.#sockets.clients) socket.close(GOING_AWAY, 'Going away');
    const closed = new Promise<void>((resolve) => {
      this.#sockets.close(() => resolve());
    });
    const timer = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
    }, 2_000);
    await closed;
    clearTimeout(timer);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url?.split('?')[0];
    if (path !== '/graphql') {
      // Without a listener, a client that breaks off here would end the process.
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    if (this.#isStopping) {
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, request));
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const { clientAddressOf } = this.#options;
    const session = new SocketSession({
      ...this.#options,
      clientAddress: clientAddressOf(request),
      close: (code, reason) => socket.close(code, reason),
    });
    this.#sessions.add(session);
    const stopPinging = keepAlive(socket);
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        // Resolves when the message is with the system: a slow reader slows its own streams, and no others.
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => this.#receive(socket, data, handle));
        },
      },
      session,
    );
    // ws closes the socket by itself after an error; without a listener the process would end.
    socket.on('error', (error) => this.#options.logger.debug({ err: error }, 'socket error'));
    socket.once('close', (code, reason) => {
      stopPinging();
      this.#sessions.delete(session);
      session.end();
      closed(code, reason.toString()).catch((error: unknown) =>
        this.#options.logger.error({ err: error }, 'socket cleanup'),
      );
    });
  }

  #receive(socket: WebSocket, data: RawData, handle: (text: string) => Promise<void>): void {
    handle(toText(data)).catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'unexpected error on a socket');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    });
  }

  #createProtocol(): Server<SocketSession> {
    return makeServer<Record<string, unknown> | undefined, SocketSession>({
      onConnect: (context) => this.#connect(context),
      onSubscribe: (context, _id, payload) => this.#prepare(context, payload),
      execute: (args) => this.#execute(args),
      subscribe: (args) => toOperation(args).events ?? { errors: [] },
      onNext: (_context, _id, _payload, args, result) => this.#format(toOperation(args).requestId, result),
      onError: (_context, _id, _payload, errors) => errors.map((error) => this.#formatEnd(error)),
    });
  }

  async #connect({ extra: session, connectionParams }: SocketContext): Promise<boolean> {
    try {
      return await session.begin(connectionParams?.['authorization'] ?? connectionParams?.['Authorization']);
    } catch (error) {
      if (!(error instanceof FlowgridError)) throw error;
      if (error.code === 'UNAUTHENTICATED') return false;
      session.close(TRY_AGAIN_LATER, 'Try again later');
      // The socket is closing; the answer is not read any more.
      return false;
    }
  }

  async #prepare(
    context: SocketContext,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const requestId = newId();
    try {
      if (this.#isStopping) {
        // Not begun, so the client may begin it elsewhere: it gets no answer, but the end of the socket.
        await context.extra.leave();
        return [];
      }
      if (this.#options.isOverloaded()) throw overloaded();
      if (Object.keys(context.subscriptions).length > MAX_OPERATIONS_PER_SOCKET) {
        context.extra.noteRefusal();
        throw new FlowgridError(
          'RATE_LIMITED',
          `A socket carries at most ${MAX_OPERATIONS_PER_SOCKET} operations at a time.`,
        );
      }
      await this.#countOperation(context.extra);
      const read = this.#options.reader.read(payload.query, payload.operationName);
      if ('errors' in read) return this.#refuse(read.errors, requestId);
      const started = await this.#start(context.extra, payload, { read, requestId });
      if ('errors' in started) return this.#refuse(started.errors, requestId);
      return {
        schema: this.#options.supergraph.clientSchema,
        document: read.document,
        operationName: read.operation.name?.value ?? null,
        contextValue: started,
      };
    } catch (error) {
      if (error instanceof FlowgridError && error.code === 'UNAUTHENTICATED') context.extra.expire();
      return this.#refuse([error], requestId);
    }
  }

  /** Every operation counts, also on a socket; whoever does not stop asking loses it. */
  async #countOperation(session: SocketSession): Promise<void> {
    const outcome = await this.#options.rateLimiter?.take(session.caller);
    if (!outcome) return;
    if (!outcome.isAllowed) session.noteRefusal();
    requireAllowed(outcome);
  }

  async #start(
    session: SocketSession,
    payload: SubscribePayload,
    { read, requestId }: { readonly read: ReadOperation; readonly requestId: string },
  ): Promise<SocketOperation | { readonly errors: readonly GraphQLError[] }> {
    const request = {
      document: read.document,
      hash: read.hash,
      operationName: read.operation.name?.value,
      variables: payload.variables ?? {},
      context: await session.contextFor(requestId),
    };
    if (read.operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      const prepared = this.#options.executor.prepare(request);
      return 'errors' in prepared ? prepared : new SocketOperation({ requestId, session }, { prepared });
    }
    const started = this.#options.subscriptions.start({
      request,
      contextForEvent: () => session.contextFor(requestId),
    });
    return 'errors' in started
      ? started
      : new SocketOperation({ requestId, session }, { events: started.events });
  }

  async #execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const { prepared, session, requestId } = toOperation(args);
    if (!prepared) return { errors: [] };
    using _running = session.run();
    try {
      return await this.#options.executor.execute(prepared);
    } catch (error) {
      // One operation that fails must not take the others of its socket with it.
      return { errors: this.#refuse([error], requestId) };
    }
  }

  #format(
    requestId: string,
    result: Pick<ProtocolResult, 'data' | 'errors'>,
  ): ReturnType<typeof formatResult> | undefined {
    if (!result.errors) return undefined;
    for (const error of result.errors) logRouterError(this.#options.logger, error, requestId);
    return formatResult(result, requestId);
  }

  /** Formats what ended a stream. `onSubscribe` refusals were formatted before they came here. */
  #formatEnd(error: GraphQLError): GraphQLFormattedError {
    const original = error.originalError;
    if (!original || original instanceof GraphQLError) return error.toJSON();
    const requestId = newId();
    logRouterError(this.#options.logger, original, requestId);
    return formatRouterError(original, requestId);
  }

  #refuse(errors: readonly unknown[], requestId: string): readonly GraphQLError[] {
    return errors.map((error) => {
      logRouterError(this.#options.logger, error, requestId);
      const { message, ...rest } = formatRouterError(error, requestId);
      return new GraphQLError(message, {
        ...(rest.path && { path: rest.path }),
        extensions: rest.extensions ?? {},
      });
    });
  }
}

function formatResult(
  result: Pick<ProtocolResult, 'data' | 'errors'>,
  requestId: string,
): { data?: Record<string, unknown> | null; errors?: GraphQLFormattedError[] } {
  const { data, errors } = result;
  return {
    ...(data !== undefined && { data: data }),
    ...(errors && { errors: errors.map((error) => formatRouterError(error, requestId)) }),
  };
}

function toOperation({ contextValue }: ExecutionArgs): SocketOperation {
  if (contextValue instanceof SocketOperation) return contextValue;
  throw new Error('an operation on a socket was not prepared');
}

function toText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}

function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Ends sockets whose other side is gone without a word. Returns how to stop. */
function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) socket.terminate();
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, PING_INTERVAL_MS);
  return () => clearInterval(timer);
}
