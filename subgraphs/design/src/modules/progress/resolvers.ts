import { invariant } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import type { DesignEvent } from './design-event.ts';

export const resolvers: Resolvers = {
  DesignEvent: {
    session: async (event, _args, { loaders }) => {
      const session = await loaders.sessions.load(event.sessionId);
      invariant(session !== null, 'an event belongs to a session');
      return session;
    },
  },
  Subscription: {
    designProgress: {
      subscribe: (_parent, { sessionId, after }, { services, request }) =>
        services.progress.follow(request, sessionId, after ?? 0),
      resolve: (event: DesignEvent) => event,
    },
  },
};
