/** How connections end, so that no client sends a request into one that is being closed. */
import type { FastifyInstance } from 'fastify';

/**
 * From `stopping` on each answer says that its connection closes, so that clients leave while the server still serves.
 * Closing itself ends connections that are idle at that moment. Those with a request under way would stay open after its
 * answer, for as long as their client keeps them, and the process with them.
 */
export function closeConnectionsAtEnd(app: FastifyInstance, stopping: AbortSignal | undefined): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing || stopping?.aborted === true) void reply.header('connection', 'close');
    done(null, payload);
  });
  // An answer whose head was sent before, a download for one, could not say so.
  app.addHook('onResponse', (_request, _reply, done) => {
    if (isClosing) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
}
