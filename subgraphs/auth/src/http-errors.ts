/** Errors of plain routes, in the shape that GraphQL errors have. */
import {
  FlowgridError,
  errorKind,
  formatGraphQLError,
  logGraphQLError,
  type Logger,
} from '@flowgrid/platform';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';

export function answerErrors(
  logger: Logger,
): (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (error, request, reply) => {
    const known = toFlowgridError(error);
    logGraphQLError(logger, known, request.id);
    const status = known instanceof FlowgridError ? errorKind(known.code).status : 500;
    await reply
      .status(status)
      .header('cache-control', 'no-store')
      .send({ errors: [formatGraphQLError(known, request.id)] });
  };
}

/** @throws FlowgridError `BAD_USER_INPUT` that names what is wrong. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new FlowgridError('BAD_USER_INPUT', problems.join('; '));
}

/** Fastify's own refusals: a body that is not JSON, or too large. */
function toFlowgridError(error: FastifyError): Error {
  if (error instanceof FlowgridError || error.statusCode === undefined || error.statusCode >= 500)
    return error;
  const code = error.statusCode === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_USER_INPUT';
  return new FlowgridError(code, error.message, { cause: error });
}
