/** Passes plain routes on to their services, byte by byte as they come. */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { FlowgridError, ReplicaClient, overloaded, type Logger, type Replicas } from '@flowgrid/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import { toClientHeaders, toServiceHeaders } from './headers.ts';
import type { PlainRoute } from './routes.ts';

export interface PassthroughOptions {
  readonly routes: readonly PlainRoute[];
  /** Where a service is; undefined when it is not part of this platform. */
  readonly replicasOf: (service: string) => Replicas | undefined;
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
/** Each is held in memory as a whole. */
const MAX_LARGE_BODIES = 8;
/** What comes in a large body takes time to be read. */
const LARGE_BODY_TIMEOUT_MS = 60_000;

/** Adds the routes; the caller disposes of the result after the server is closed. */
export function addPassthrough(app: FastifyInstance, options: PassthroughOptions): AsyncDisposable {
  // Connections of their own: a slow download takes none that operations wait for.
  const clients = new Map<string, ReplicaClient>();
  for (const route of options.routes) {
    const replicas = options.replicasOf(route.service);
    const key = clientKeyOf(route);
    if (replicas && !clients.has(key)) {
      const timeoutMs = route.maxBodyBytes === undefined ? options.timeoutMs : LARGE_BODY_TIMEOUT_MS;
      clients.set(key, new ReplicaClient(replicas, { timeoutMs }));
    }
  }
  const largeBodies = { atOnce: 0 };
  void app.register(async (scope) => {
    // Bodies are not parsed: what a sender signed must arrive as it was written.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const route of options.routes) {
      const client = clients.get(clientKeyOf(route));
      if (!client) continue;
      scope.route({
        method: route.method,
        url: route.path,
        handler: (request, reply) => pass({ route, client, options, largeBodies }, request, reply),
      });
    }
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...clients.values()].map((client) => client[Symbol.asyncDispose]()));
    },
  };
}

interface Passage {
  readonly route: PlainRoute;
  readonly client: ReplicaClient;
  readonly options: PassthroughOptions;
  readonly largeBodies: { atOnce: number };
}

function clientKeyOf({ service, maxBodyBytes }: PlainRoute): string {
  return maxBodyBytes === undefined ? service : `${service}, large bodies`;
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
  passage: Passage,
  request: FastifyRequest,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { route, largeBodies } = passage;
  const contextToken = await exchangeToken(route, passage.options, request);
  if (route.maxBodyBytes === undefined) return sendOn(passage, request, { signal, contextToken });
  if (largeBodies.atOnce >= MAX_LARGE_BODIES) throw overloaded();
  largeBodies.atOnce += 1;
  try {
    return await sendOn(passage, request, { signal, contextToken });
  } finally {
    largeBodies.atOnce -= 1;
  }
}

async function sendOn(
  { route, client, options }: Passage,
  request: FastifyRequest,
  { signal, contextToken }: { readonly signal: AbortSignal; readonly contextToken: string | undefined },
): Promise<Dispatcher.ResponseData> {
  // Whole before it is sent: a slow sender holds no connection of the service, and a refused connection costs no event.
  const body =
    route.method === 'GET' ? undefined : await readBody(request.raw, route.maxBodyBytes ?? MAX_BODY_BYTES);
  try {
    return await client.request({
      // HEAD comes by the GET route.
      method: request.method === 'HEAD' ? 'HEAD' : route.method,
      path: pathOf(route, request.raw.url ?? ''),
      headers: toServiceHeaders(request.headers, {
        requestId: request.id,
        clientAddress: options.clientAddressOf(request.raw),
        keepsAuthorization: route.auth === 'hook',
        contextToken,
      }),
      ...(body && { body }),
      signal,
      isRepeatable: route.method === 'GET',
    });
  } catch (error) {
    throw new FlowgridError('SERVICE_UNAVAILABLE', 'The service is not available. Try again.', {
      cause: error,
    });
  }
}

function pathOf({ dropsQuery }: PlainRoute, url: string): string {
  return dropsQuery === true ? url.replace(/\?.*$/s, '') : url;
}

/** A signature needs no session: the token of whoever follows a link stays here. */
async function exchangeToken(
  { auth, service }: PlainRoute,
  { contextTokenFor }: PassthroughOptions,
  { headers: { authorization }, query }: FastifyRequest,
): Promise<string | undefined> {
  if (auth === 'session') {
    if (authorization === undefined) throw new FlowgridError('UNAUTHENTICATED', 'Sign in first.');
    return contextTokenFor(service, authorization);
  }
  if (auth !== 'link-or-session' || authorization === undefined) return undefined;
  if (typeof query === 'object' && query !== null && 'signature' in query) return undefined;
  return contextTokenFor(service, authorization);
}

/** @throws FlowgridError `PAYLOAD_TOO_LARGE`, or the error of a sender that went away. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit) {
      throw new FlowgridError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes.`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** A segment that decodes to a path of its own could reach what the table does not name. */
function hasPlainSegments(params: unknown): boolean {
  if (typeof params !== 'object' || params === null) return true;
  return Object.values(params).every(
    (value) => typeof value === 'string' && value !== '.' && value !== '..' && /^[\w.~-]+$/.test(value),
  );
}
