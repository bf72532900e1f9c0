import { mutationPayload, type UserError } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import type { ViewerSubject } from '../viewer/viewer.ts';
import type { StartedSession } from './session-service.ts';

export const sessionResolvers: Resolvers = {
  Mutation: {
    signIn: (_root, { input }, context) =>
      sessionPayload(() => context.services.signIn.signIn(context, input)),
    refreshSession: (_root, { input }, context) =>
      sessionPayload(() => context.services.sessions.refresh(context, input)),
    switchTenant: (_root, { input }, context) =>
      sessionPayload(() => context.services.signIn.switchTenant(context, input)),
    signOut: (_root, { input }, context) =>
      mutationPayload('endedSessions', () =>
        context.services.sessions.end(context, input.everywhere ?? false),
      ),
  },
};

interface SessionPayload {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly expiresAt: Date | null;
  readonly viewer: ViewerSubject | null;
  readonly errors: readonly UserError[];
}

async function sessionPayload(work: () => Promise<StartedSession>): Promise<SessionPayload> {
  const { session, errors } = await mutationPayload('session', work);
  return { ...(session ?? { accessToken: null, refreshToken: null, expiresAt: null, viewer: null }), errors };
}
