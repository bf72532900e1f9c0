/** The HTTP skeleton that every process has: health, metrics, request ids, orderly close. */
import { fastify, type FastifyInstance } from 'fastify';
import { Registry, collectDefaultMetrics, Histogram } from 'prom-client';
import { FlowgridError } from '../errors.ts';
import { formatGraphQLError } from '../graphql/errors.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../logger.ts';

export interface HttpServerOptions {
  readonly name: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger: Logger;
  /** Rejects while the service cannot do its work: own dependencies only. */
  readonly checkReady: () => Promise<void>;
  /** Bytes of a request body; larger ones are refused with 413. */
  readonly bodyLimit?: number;
}

/** A server that listens. The owner closes it; open requests are finished first. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Makes a Fastify instance with `/livez`, `/readyz` and `/metrics`; routes are added by the caller before `listen`. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId();
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
  addMetrics(app, options.name);
  endConnectionsAtClose(app);
  app.get('/livez', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    try {
      await options.checkReady();
      return { status: 'ready' };
    } catch (error) {
      options.logger.warn({ err: error }, 'not ready');
      return reply.status(503).send({ status: 'not ready' });
    }
  });
  return app;
}

/**
 * Closing ends connections that are idle at that moment. Those with a request under way would stay open after its answer,
 * for as long as their client keeps them, and the process with them.
 */
function endConnectionsAtClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
  // An answer whose head was sent before, a download for one, could not say so.
  app.addHook('onResponse', (_request, _reply, done) => {
    if (isClosing) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
}

function addMetrics(app: FastifyInstance, name: string): void {
  const registry = new Registry();
  registry.setDefaultLabels({ service: name });
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
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
