/** Plain routes inside the platform: that rules may act for users, and the tokens with which they do. */
import type { Logger } from '@flowgrid/platform';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { answerErrors, parseBody } from '../../http-errors.ts';
import { requireGrantSecret } from '../job-grant/grant-secret.ts';
import type { RuleGrantService } from './rule-grant-service.ts';

const BODY_LIMIT_BYTES = 32 * 1024;

/** The token of the user's own request is what allows it: whoever has it could start the design as well. */
const grantModel = z.object({
  action: z.enum(['RECORD', 'REVOKE']),
  contextToken: z.string().min(1).max(16_384),
  rule: z.object({ id: z.uuid(), name: z.string().min(1).max(500) }),
});
const tokenModel = z.object({ tenantId: z.uuid(), ruleId: z.uuid(), userId: z.uuid() });

export function addRuleGrantRoutes(
  app: FastifyInstance,
  { ruleGrants, grantSecret, logger }: { ruleGrants: RuleGrantService; grantSecret: Buffer; logger: Logger },
): void {
  const options = { bodyLimit: BODY_LIMIT_BYTES, errorHandler: answerErrors(logger) };
  app.post('/internal/rule-grants', options, async (request, reply) => {
    const { action, contextToken, rule } = parseBody(grantModel, request.body);
    if (action === 'RECORD') await ruleGrants.record(rule, contextToken, request.id);
    else await ruleGrants.revoke(rule, contextToken, request.id);
    return reply.status(204).send();
  });
  app.post(
    '/internal/rule-token',
    { ...options, onRequest: requireGrantSecret(grantSecret) },
    async (request, reply) => {
      const token = await ruleGrants.createToken(parseBody(tokenModel, request.body));
      return reply.header('cache-control', 'no-store').send({ token });
    },
  );
}
