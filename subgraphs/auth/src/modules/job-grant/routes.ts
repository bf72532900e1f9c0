/** Plain route inside the platform, for who holds the grant secret: context tokens for jobs. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { FlowgridError, type Logger } from '@flowgrid/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answerErrors, parseBody } from '../../http-errors.ts';
import type { JobGrantService } from './job-grant-service.ts';

const BODY_LIMIT_BYTES = 32 * 1024;

const bodyModel = z.object({
  contextToken: z.string().min(1).max(16_384),
  audience: z.string().regex(/^[a-z_-]{1,64}$/),
  permissions: z.array(z.string().max(64)).min(1).max(16),
  job: z.object({
    kind: z.literal('DESIGN_JOB'),
    id: z.uuid(),
    name: z.string().min(1).max(500),
  }),
});

export function addJobGrantRoutes(
  app: FastifyInstance,
  { jobGrants, grantSecret, logger }: { jobGrants: JobGrantService; grantSecret: Buffer; logger: Logger },
): void {
  const options = {
    bodyLimit: BODY_LIMIT_BYTES,
    errorHandler: answerErrors(logger),
    onRequest: async (request: FastifyRequest) => {
      if (!holdsSecret(request.headers.authorization, grantSecret)) {
        throw new FlowgridError('UNAUTHENTICATED', 'The grant secret is required.');
      }
    },
  };
  app.post('/internal/grant', options, async (request, reply) => {
    const body = parseBody(bodyModel, request.body);
    const granted = await jobGrants.grant(body, request.id);
    return reply.header('cache-control', 'no-store').send(granted);
  });
}

/** Digests are compared, which have one length, in a time that does not depend on where they differ. */
function holdsSecret(authorization: string | undefined, secret: Buffer): boolean {
  const text = /^Bearer +([\w+/=-]+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(Buffer.from(text, 'base64')), digest(secret));
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
