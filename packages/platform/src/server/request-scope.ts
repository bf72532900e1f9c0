/** Gives each request its scope, its span and its line in the log. */
import { context, trace, type Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../logger.ts';
import { createScope, runInScope, type Scope, type ScopeFacts } from '../telemetry/scope.ts';
import { markFailed, remoteParent, startSpan } from '../telemetry/spans.ts';
import { isHealthRoute } from './health.ts';

interface Entered {
  readonly scope: Scope;
  readonly span: Span;
  readonly run: (work: () => void) => void;
}

const entered = new WeakMap<FastifyRequest, Entered>();

/** The scope of a request; undefined for health routes. */
export function scopeOf(request: FastifyRequest): Scope | undefined {
  return entered.get(request)?.scope;
}

export function addRequestScope(app: FastifyInstance, logger: Logger): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (isHealthRoute(request.routeOptions.url)) {
      done();
      return;
    }
    const inside = enter(request);
    entered.set(request, inside);
    // Comes once, whether the answer was sent or the client went away.
    reply.raw.once('close', () => inside.run(() => leave(inside, { request, reply, logger })));
    inside.run(done);
  });
  // The body was read in the context of the connection, which is not that of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    const inside = entered.get(request);
    if (inside) inside.run(done);
    else done();
  });
}

function enter(request: FastifyRequest): Entered {
  const scope = createScope({ requestId: request.id, traceparent: request.headers['traceparent'] });
  const parent = remoteParent(request.headers);
  const route = request.routeOptions.url ?? 'none';
  const span = startSpan(`${request.method} ${route}`, parent, {
    kind: 'server',
    attributes: { 'http.request.method': request.method, 'http.route': route },
  });
  const active = trace.setSpan(parent, span);
  return { scope, span, run: (work) => runInScope(scope, () => context.with(active, work)) };
}

function leave(
  { scope: { facts }, span }: Entered,
  { request, reply, logger }: { request: FastifyRequest; reply: FastifyReply; logger: Logger },
): void {
  const status = reply.statusCode;
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) markFailed(span, String(status));
  span.end();
  const line = {
    access: true,
    method: request.method,
    route: request.routeOptions.url ?? 'none',
    status,
    durationMs: Math.round(reply.elapsedTime),
    outcome: outcomeOf(facts, reply),
    ...(facts.operation !== undefined && { operation: facts.operation }),
  };
  logger.info(line, 'request');
}

function outcomeOf(facts: ScopeFacts, reply: FastifyReply): string {
  if (!reply.raw.writableFinished) return 'aborted';
  return facts.outcome ?? (reply.statusCode < 400 ? 'ok' : 'refused');
}
