/** The HTTP skeleton that every process has: health, metrics, request ids, load shedding, orderly close. */
import { fastify, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { FlowgridError } from '../errors.ts';
import { formatGraphQLError } from '../graphql/errors.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { closeConnectionsAtEnd } from './connections.ts';
import { addHealth } from './health.ts';
import { addLoadShedding, type LoadLimits } from './load-shedding.ts';
import { addRequestMetrics } from './request-metrics.ts';
import { addRequestScope } from './request-scope.ts';

export interface HttpServerOptions extends LoadLimits {
  readonly name: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger: Logger;
  /** Rejects while the service cannot do its work: own dependencies only. */
  readonly checkReady: () => Promise<void>;
  /** Bytes of a request body; larger ones are refused with 413. */
  readonly bodyLimit?: number;
  /**
   * Aborted when the process is asked to end: from then on `/readyz` answers 503 and answers close their connection,
   * while requests are served as before. `runService` gives it.
   */
  readonly stopping?: AbortSignal;
  /** What `/metrics` shows, beside what this server measures; others register their own at it. A new one if not given. */
  readonly metrics?: Registry;
  /** How long a client may take to send the head of a request, and the whole of it. */
  readonly slowestHeadMs?: number;
  readonly slowestRequestMs?: number;
}

/** A server that listens. The owner closes it; open requests are finished first. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

const REQUEST_ID = /^[\w.-]{1,64}$/;
const BODY_LIMIT_BYTES = 1024 * 1024;
/**
 * Longer than clients keep idle connections (30 s the router, 60 s nginx): when the server were the first to close one,
 * it could do so while a request is on its way.
 */
const KEEP_ALIVE_MS = 75_000;
const SLOWEST_HEAD_MS = 10_000;
const SLOWEST_REQUEST_MS = 30_000;
const SLOW_CHECKS_PER_LIMIT = 4;

/** Makes a Fastify instance with `/livez`, `/readyz` and `/metrics`; routes are added by the caller before `listen`. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const slowestHeadMs = options.slowestHeadMs ?? SLOWEST_HEAD_MS;
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: options.bodyLimit ?? BODY_LIMIT_BYTES,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId();
    },
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: options.slowestRequestMs ?? SLOWEST_REQUEST_MS,
    http: {
      headersTimeout: slowestHeadMs,
      connectionsCheckingInterval: Math.ceil(slowestHeadMs / SLOW_CHECKS_PER_LIMIT),
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // An address that cannot be decoded, or is too long, meets no error handler: it is answered like any unknown one.
    frameworkErrors: (_error, request, { raw }) => {
      const body = { errors: [formatGraphQLError(new FlowgridError('NOT_FOUND', 'Not found.'), request.id)] };
      raw.writeHead(404, { 'content-type': 'application/json; charset=utf-8', 'x-request-id': request.id });
      raw.end(JSON.stringify(body));
    },
  });
  const metrics = options.metrics ?? createMetrics(options.name);
  addRequestScope(app, options.logger);
  addRequestMetrics(app, metrics);
  closeConnectionsAtEnd(app, options.stopping);
  addLoadShedding(app, options, metrics);
  addHealth(app, { ...options, metrics });
  return app;
}

/** Listens, and returns where. */
export async function listen(app: FastifyInstance, options: HttpServerOptions): Promise<RunningServer> {
  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const url = `http://${options.host}:${port}`;
  options.logger.info({ url }, 'listening');
  return { url, port, [Symbol.asyncDispose]: () => app.close() };
}
