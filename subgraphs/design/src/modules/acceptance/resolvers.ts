import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Mutation: {
    acceptDesign: async (_parent, { input }, { services, request }) => {
      const { accepted, errors } = await mutationPayload('accepted', () =>
        services.acceptance.accept(request, input),
      );
      const [agent = null] = accepted?.agents ?? [];
      return { session: accepted?.session ?? null, agent, agents: accepted?.agents ?? null, errors };
    },
  },
};
