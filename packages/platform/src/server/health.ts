/**
 * What the machinery around a process asks it. On the same listener as everything else: a second one would be a further
 * port to configure, to check and to protect, and could be well while the one that serves is not.
 */
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Logger } from '../logger.ts';

const HEALTH_ROUTES: ReadonlySet<string | undefined> = new Set(['/livez', '/readyz', '/metrics']);

/** True for what must be answered however busy the process is, and is not worth a line in the log. */
export function isHealthRoute(route: string | undefined): boolean {
  return HEALTH_ROUTES.has(route);
}

/** Adds `/livez` (the process), `/readyz` (the process and its own dependencies, until it ends) and `/metrics`. */
export function addHealth(
  app: FastifyInstance,
  options: {
    readonly checkReady: () => Promise<void>;
    readonly stopping?: AbortSignal;
    readonly logger: Logger;
    readonly metrics: Registry;
  },
): void {
  app.get('/livez', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (options.stopping?.aborted === true) return reply.status(503).send({ status: 'stopping' });
    try {
      await options.checkReady();
      return { status: 'ready' };
    } catch (error) {
      options.logger.warn({ err: error }, 'not ready');
      return reply.status(503).send({ status: 'not ready' });
    }
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.metrics()),
  );
}
