import type { Resolvers } from '../../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Query: {
    archimateDelta: (_parent, key, { services, request }) => services.archimate.deltas.find(request, key),
  },
};
