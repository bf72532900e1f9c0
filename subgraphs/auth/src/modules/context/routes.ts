/** Plain routes inside the platform: context tokens and their keys. */
import { CONTEXT_KEYS_PATH } from '@flowgrid/access';
import type { Logger } from '@flowgrid/platform';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { answerErrors, parseBody } from '../../http-errors.ts';
import type { KeyRing } from '../signing-key/key-ring.ts';
import type { ContextService } from './context-service.ts';

const MAX_AUDIENCES = 16;
const BODY_LIMIT_BYTES = 16 * 1024;

const bodyModel = z.object({
  audiences: z
    .array(z.string().regex(/^[a-z_-]{1,64}$/))
    .min(1)
    .max(MAX_AUDIENCES),
});

export function addContextRoutes(
  app: FastifyInstance,
  { contexts, keyRing, logger }: { contexts: ContextService; keyRing: KeyRing; logger: Logger },
): void {
  const options = { bodyLimit: BODY_LIMIT_BYTES, errorHandler: answerErrors(logger) };
  app.post('/internal/context', options, async (request, reply) => {
    const { audiences } = parseBody(bodyModel, request.body);
    const grant = await contexts.grant(request.headers.authorization, audiences);
    return reply.header('cache-control', 'no-store').send(grant);
  });
  app.get(CONTEXT_KEYS_PATH, options, (_request, reply) =>
    reply.header('cache-control', 'max-age=60').send(keyRing.jwks('context')),
  );
}
