import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Agent: {
    recentItems: ({ id }, { first, after }, { loaders }) =>
      loaders.recentItemsOfAgent.load({ agentId: id, first: first ?? null, after: after ?? null }),
  },
};
