/** Plain route inside the platform, for who holds the grant secret: context tokens for jobs. */
import type { Logger } from '@flowgrid/platform';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { answerErrors, parseBody } from '../../http-errors.ts';
import { requireGrantSecret } from './grant-secret.ts';
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
    onRequest: requireGrantSecret(grantSecret),
  };
  app.post('/internal/grant', options, async (request, reply) => {
    const body = parseBody(bodyModel, request.body);
    const granted = await jobGrants.grant(body, request.id);
    return reply.header('cache-control', 'no-store').send(granted);
  });
}
