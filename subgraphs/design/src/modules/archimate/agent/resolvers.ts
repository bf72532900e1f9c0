import type { Resolvers } from '../../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Agent: {
    // The router brings along what the schema requires of the agents service.
    archimate: (agent, { version }, { services, request }) =>
      services.archimate.agents.draw(request, agent, version ?? 'DRAFT'),
  },
};
