/** HTTP to a service with replicas: pooled connections, and another replica where sending again is safe. */
import { Pool, type Dispatcher } from 'undici';
import { NOT_BEGUN_HEADER } from '../server/load-shedding.ts';
import type { Replica } from './replica.ts';
import { Replicas, type ReplicasOptions } from './replicas.ts';
import { toRequestFailure } from './request-failure.ts';

export interface ReplicaRequest {
  readonly method: Dispatcher.HttpMethod;
  /** From the base address of the service, with a leading slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Whole: a stream could not be sent a second time. */
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
  /**
   * True when doing it twice is the same as doing it once. Then it is sent again when its connection broke before an answer;
   * otherwise only when there was no connection at all.
   */
  readonly isRepeatable: boolean;
}

export interface ReplicaClientOptions {
  /** Connections to one replica. */
  readonly connections?: number;
  /** Until the first byte of an answer, and between any two of its bytes. */
  readonly timeoutMs: number;
}

export interface ReplicaFetchInit {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** As in `ReplicaRequest`; a GET is repeatable without saying so. */
  readonly isRepeatable?: boolean;
}

const CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 3_000;
/** Servers here close idle connections later: a request never meets a connection that is just being closed. */
const KEEP_ALIVE_MS = 30_000;
const MAX_FETCHED_BYTES = 4 * 1024 * 1024;
/** Answers that the Fetch standard has without a body. */
const BODILESS = new Set([204, 205, 304]);

/** Sends requests to the replicas of a service. It owns its connections, not the replicas: several clients share them. */
export class ReplicaClient implements AsyncDisposable {
  readonly #replicas: Replicas;
  readonly #pools: ReadonlyMap<Replica, Pool>;

  constructor(replicas: Replicas, options: ReplicaClientOptions) {
    this.#replicas = replicas;
    this.#pools = new Map(replicas.all.map((replica) => [replica, createPool(replica, options)]));
  }

  /** Connections that are open, to all replicas. */
  get openConnections(): number {
    let open = 0;
    for (const pool of this.#pools.values()) open += pool.stats.connected;
    return open;
  }

  /**
   * Sends a request; the caller reads the body of the answer or destroys it. Each replica is tried at most once, but for a connection
   * to the only one that broke under a repeatable request. Rejects with the error of the last try. A replica that has too much to do
   * hands the request on to another one that is ready.
   */
  async request(request: ReplicaRequest): Promise<Dispatcher.ResponseData> {
    const tried = new Set<Replica>();
    let replica = this.#replicas.choose('requests');
    for (;;) {
      if (!replica) throw new Error(`${this.#replicas.service} has no address`);
      const isFirst = tried.size === 0;
      tried.add(replica);
      try {
        const response = await this.#send(replica, request);
        const free = isNotBegun(response) ? this.#replicas.choose('requests', tried) : undefined;
        if (!free?.isReady) return response;
        await response.body.dump();
        replica = free;
      } catch (error) {
        const failure = toRequestFailure(error);
        if (failure === 'other' || request.signal?.aborted) throw error;
        this.#replicas.setAside(replica, error instanceof Error ? error.message : String(error));
        if (failure === 'broken' && !request.isRepeatable) throw error;
        const other = this.#replicas.choose('requests', tried);
        // An idle connection that was closed on its way: a new one to the same address is another chance.
        replica = other ?? (isFirst && failure === 'broken' ? replica : undefined);
        if (!replica) throw error;
      }
    }
  }

  /**
   * As `fetch`, for answers of a few megabytes at most, which are read wholly: small calls between services. Rejects when no replica
   * answered, or with the reason of the signal.
   */
  async fetch(path: string, init: ReplicaFetchInit = {}): Promise<Response> {
    const { method = 'GET', isRepeatable = method === 'GET', ...rest } = init;
    const { statusCode, headers, body } = await this.request({ method, path, isRepeatable, ...rest });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      // Leaving the loop destroys the body and with it the connection.
      if (size > MAX_FETCHED_BYTES)
        throw new Error(`${this.#replicas.service} answered more than ${MAX_FETCHED_BYTES} bytes`);
      chunks.push(bytes);
    }
    return new Response(BODILESS.has(statusCode) ? null : Buffer.concat(chunks), {
      status: statusCode,
      headers: toHeaders(headers),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  async #send(replica: Replica, request: ReplicaRequest): Promise<Dispatcher.ResponseData> {
    const pool = this.#pools.get(replica);
    if (!pool) throw new Error(`${replica.url} is no replica of ${this.#replicas.service}`);
    const { method, path, headers, body, signal } = request;
    const options = {
      method,
      path: `${replica.basePath}${path}`,
      ...(headers && { headers: { ...headers } }),
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    };
    if (!this.#replicas.hasSeveral) return pool.request(options);
    replica.requests += 1;
    let response: Dispatcher.ResponseData;
    try {
      response = await pool.request(options);
    } catch (error) {
      replica.requests -= 1;
      throw error;
    }
    countOut(replica, response.body);
    if (isClosing(response.headers['connection'])) {
      this.#replicas.setAside(replica, 'it closes its connections');
    }
    return response;
  }
}

/** A client with replicas of its own, closed together: for a service that is called from one place. */
export function openReplicaClient(options: ReplicasOptions & ReplicaClientOptions): ReplicaClient {
  const replicas = new Replicas(options);
  return new OwningReplicaClient(replicas, options);
}

class OwningReplicaClient extends ReplicaClient {
  readonly #owned: Replicas;

  constructor(replicas: Replicas, options: ReplicaClientOptions) {
    super(replicas, options);
    this.#owned = replicas;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.#owned[Symbol.asyncDispose]();
  }
}

function createPool(
  { origin }: Replica,
  { connections = CONNECTIONS, timeoutMs }: ReplicaClientOptions,
): Pool {
  return new Pool(origin, {
    connections,
    connect: { timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs) },
    keepAliveTimeout: KEEP_ALIVE_MS,
    // What the server says of its own limit does not make it longer.
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

/** The request is over when its answer is read, or given up. */
function countOut(replica: Replica, body: Dispatcher.ResponseData['body']): void {
  let isOver = false;
  const end = (): void => {
    if (!isOver) replica.requests -= 1;
    isOver = true;
  };
  body.once('end', end);
  body.once('close', end);
}

function isNotBegun({ statusCode, headers }: Dispatcher.ResponseData): boolean {
  return statusCode === 503 && headers[NOT_BEGUN_HEADER] !== undefined;
}

function isClosing(connection: string | string[] | undefined): boolean {
  return connection !== undefined && String(connection).toLowerCase().includes('close');
}

function toHeaders(given: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) headers.append(name, each);
  }
  return headers;
}
