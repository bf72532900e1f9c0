/** Passes plain routes on to their services, byte by byte as they come. */
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { FlowgridError, type Logger } from '@flowgrid/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Pool, type Dispatcher } from 'undici';
import { toClientHeaders, toServiceHeaders } from './headers.ts';
import type { PlainRoute } from './routes.ts';

export interface PassthroughOptions {
  readonly routes: readonly PlainRoute[];
  /** Base address of a service; undefined when it is not part of this platform. */
  readonly baseUrlOf: (service: string) => string | undefined;
  readonly clientAddressOf: (request: FastifyRequest['raw']) => string | null;
  /**
   * Exchanges an `authorization` value for the context token of a service; undefined for a router without identity.
   * @throws FlowgridError `UNAUTHENTICATED` or `SERVICE_UNAVAILABLE`.
   */
  readonly contextTokenFor: (service: string, authorization: string) => Promise<string | undefined>;
  readonly logger: Logger;
  /** Until the first byte of the answer, and between any two of its bytes. */
  readonly timeoutMs: number;
}

const MAX_BODY_BYTES = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 3_000;

/** Adds the routes; the caller disposes of the result after the server is closed. */
export function addPassthrough(app: FastifyInstance, options: PassthroughOptions): AsyncDisposable {
  const pools: Pool[] = [];
  void app.register(async (scope) => {
    // Bodies are not parsed: what a sender signed must arrive as it was written.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const route of options.routes) {
      const base = options.baseUrlOf(route.service);
      if (base === undefined) continue;
      const pool = createPool(base, options.timeoutMs);
      pools.push(pool);
      scope.route({
        method: route.method,
        url: route.path,
        handler: (request, reply) => pass({ route, pool, base, options }, request, reply),
      });
    }
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}

interface Passage {
  readonly route: PlainRoute;
  readonly pool: Pool;
  readonly base: string;
  readonly options: PassthroughOptions;
}

async function pass(passage: Passage, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!hasPlainSegments(request.params)) {
    throw new FlowgridError('NOT_FOUND', 'Not found.');
  }
  const left = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) left.abort();
  });
  const response = await send(passage, request, left.signal);
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(response.statusCode, {
    ...toClientHeaders(response.headers),
    'x-request-id': request.id,
  });
  try {
    await pipeline(response.body, raw);
  } catch (error) {
    // The status is sent; breaking the connection is the only way left to say that the body is not whole.
    passage.options.logger.info({ requestId: request.id, err: error }, 'a passed answer was cut off');
    raw.destroy();
  }
  return reply;
}

async function send(
  { route, pool, base, options }: Passage,
  request: FastifyRequest,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const hasBody = route.method !== 'GET';
  const contextToken = await exchangeToken(route, options, request);
  const limit = limitBytes(MAX_BODY_BYTES);
  try {
    return await pool.request({
      // HEAD comes by the GET route.
      method: request.method === 'HEAD' ? 'HEAD' : route.method,
      path: `${new URL(base).pathname.replace(/\/+$/, '')}${request.raw.url ?? ''}`,
      headers: toServiceHeaders(request.headers, {
        requestId: request.id,
        clientAddress: options.clientAddressOf(request.raw),
        keepsAuthorization: route.auth === 'hook',
        contextToken,
      }),
      ...(hasBody && { body: request.raw.pipe(limit) }),
      signal,
    });
  } catch (error) {
    if (error instanceof FlowgridError) throw error;
    if (limit.errored instanceof FlowgridError) throw limit.errored;
    throw new FlowgridError('SERVICE_UNAVAILABLE', 'The service is not available. Try again.', {
      cause: error,
    });
  }
}

/** A signature needs no session: the token of whoever follows a link stays here. */
async function exchangeToken(
  { auth, service }: PlainRoute,
  { contextTokenFor }: PassthroughOptions,
  { headers: { authorization }, query }: FastifyRequest,
): Promise<string | undefined> {
  if (auth !== 'link-or-session' || authorization === undefined) return undefined;
  if (typeof query === 'object' && query !== null && 'signature' in query) return undefined;
  return contextTokenFor(service, authorization);
}

function createPool(base: string, timeoutMs: number): Pool {
  return new Pool(new URL(base).origin, {
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

function limitBytes(limit: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit)
        done(new FlowgridError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes.`));
      else done(null, chunk);
    },
  });
}

/** A segment that decodes to a path of its own could reach what the table does not name. */
function hasPlainSegments(params: unknown): boolean {
  if (typeof params !== 'object' || params === null) return true;
  return Object.values(params).every(
    (value) => typeof value === 'string' && value !== '.' && value !== '..' && /^[\w.~-]+$/.test(value),
  );
}
