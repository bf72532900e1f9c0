/** Every answer that is none of GraphQL has one form. */
import { FlowgridError, errorKind, type Logger } from '@flowgrid/platform';
import type { FastifyError, FastifyInstance } from 'fastify';
import { formatRouterError, logRouterError } from './gateway/errors.ts';

/** Gives `{ errors: [...] }` to unknown paths, unreadable bodies, and what a handler throws. */
export function addErrorAnswers(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .header('x-request-id', request.id)
      .send({
        errors: [formatRouterError(new FlowgridError('NOT_FOUND', 'Not found.'), request.id)],
      }),
  );
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = toRefusal(error);
    logRouterError(logger, refusal, request.id);
    // Fastify knows the fitting status of a body that it could not read.
    const status =
      error.statusCode ?? (refusal instanceof FlowgridError ? errorKind(refusal.code).status : 500);
    return reply
      .status(status)
      .header('x-request-id', request.id)
      .send({ errors: [formatRouterError(refusal, request.id)] });
  });
}

function toRefusal(error: FastifyError): unknown {
  if (error.statusCode === 413) {
    return new FlowgridError('PAYLOAD_TOO_LARGE', 'The body is larger than allowed.');
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new FlowgridError('BAD_USER_INPUT', error.message);
  }
  return error;
}
