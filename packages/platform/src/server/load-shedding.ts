/** Refuses work that would be late anyway, before it is parsed: a queue that grows helps nobody. */
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Gauge, type Registry } from 'prom-client';
import { FlowgridError, errorKind } from '../errors.ts';
import { formatGraphQLError } from '../graphql/errors.ts';
import { isHealthRoute } from './health.ts';

export interface LoadLimits {
  /** Mean delay of the event loop over a second; 0 or nothing is no limit. */
  readonly maxEventLoopDelayMs?: number;
  /** From the start of listening: so long the event loop's delay is that of a cold process, and refuses nothing. */
  readonly warmUpMs?: number;
  /** No limit if not given. */
  readonly maxRequestsInFlight?: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** True while new work is refused; for what does not come as a request, such as an operation on a socket. */
    isOverloaded: () => boolean;
  }
}

const RETRY_AFTER_SECONDS = 1;
const WARM_UP_MS = 5_000;
/** On a refusal for which nothing of the request was done: it may be sent to another replica, whatever it is. */
export const NOT_BEGUN_HEADER = 'x-not-begun';

/** The refusal of an overloaded process; it may be sent again elsewhere, because nothing was done. */
export function overloaded(): FlowgridError {
  return new FlowgridError('SERVICE_UNAVAILABLE', 'The service has too much to do. Try again shortly.');
}

/** Answers a request by an error alone, in the form that GraphQL clients read. */
export function sendRefusal(reply: FastifyReply, error: FlowgridError): FastifyReply {
  const { status } = errorKind(error.code);
  if (status === 429 || status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply
    .status(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [formatGraphQLError(error, reply.request.id)] }));
}

/** Must be added before everything that costs something. Health and metrics are always answered. */
export function addLoadShedding(app: FastifyInstance, limits: LoadLimits, metrics: Registry): void {
  const maxInFlight = limits.maxRequestsInFlight ?? Infinity;
  let inFlight = 0;
  let warmAt = Infinity;
  const isLate = (): boolean => performance.now() > warmAt && app.isUnderPressure();
  const refused = new Counter({
    name: 'requests_shed_total',
    help: 'Requests and operations refused because the process has too much to do.',
    labelNames: ['reason'],
    registers: [metrics],
  });
  const gauge: Gauge = new Gauge({
    name: 'http_server_requests_in_flight',
    help: 'Requests that are being answered.',
    registers: [metrics],
    collect: (): void => gauge.set(inFlight),
  });
  app.decorate('isOverloaded', () => {
    if (!isLate() && inFlight < maxInFlight) return false;
    refused.inc({ reason: 'operation' });
    return true;
  });
  app.addHook('onListen', (done) => {
    warmAt = performance.now() + (limits.warmUpMs ?? WARM_UP_MS);
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (isExempt(request)) {
      done();
      return;
    }
    if (inFlight >= maxInFlight) {
      refused.inc({ reason: 'requests_in_flight' });
      void shed(reply);
      return;
    }
    inFlight += 1;
    // Comes once, whether the answer was sent or the client went away.
    reply.raw.once('close', () => {
      inFlight -= 1;
    });
    done();
  });
  app.register(underPressure, {
    maxEventLoopDelay: limits.maxEventLoopDelayMs ?? 0,
    pressureHandler: (request, reply) => {
      if (isExempt(request) || !isLate()) return;
      refused.inc({ reason: 'event_loop_delay' });
      void shed(reply);
    },
  });
}

function shed(reply: FastifyReply): FastifyReply {
  return sendRefusal(reply.header(NOT_BEGUN_HEADER, 'overloaded'), overloaded());
}

function isExempt(request: FastifyRequest): boolean {
  return isHealthRoute(request.routeOptions.url);
}
