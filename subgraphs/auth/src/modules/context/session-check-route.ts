/** Plain route inside the platform, for `auth_request` of the edge: may the bearer of this token do that, and as whom. */
import { isPermission } from '@flowgrid/access';
import { FlowgridError, type Logger } from '@flowgrid/platform';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { answerErrors } from '../../http-errors.ts';
import type { ContextService } from './context-service.ts';

const SESSION_CHECK_PATH = '/internal/session-check';

const queryModel = z.object({
  audience: z.string().regex(/^[a-z_-]{1,64}$/),
  permission: z.string().refine(isPermission),
});

/** 204 with the context token of the audience in a header; 401 for a token that is not valid, 403 without the permission. */
export function addSessionCheckRoute(
  app: FastifyInstance,
  { contexts, logger }: { contexts: ContextService; logger: Logger },
): void {
  const options = { errorHandler: answerErrors(logger) };
  app.get(SESSION_CHECK_PATH, options, async (request, reply) => {
    const query = queryModel.safeParse(request.query);
    if (!query.success) throw new FlowgridError('BAD_USER_INPUT', 'An audience and a permission are needed.');
    const { audience, permission } = query.data;
    const { authorization } = request.headers;
    // Without a token the exchange would grant an anonymous one.
    if (!authorization) throw new FlowgridError('UNAUTHENTICATED', 'Sign in first.');
    const { tokens, permissions } = await contexts.grant(authorization, [audience]);
    if (!permissions.includes(permission)) {
      throw new FlowgridError('FORBIDDEN', `This needs the permission ${permission}.`);
    }
    return reply
      .status(204)
      .headers({ 'cache-control': 'no-store', 'x-context-token': tokens[audience] })
      .send();
  });
}
