import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const versionResolvers: Resolvers = {
  Mutation: {
    restoreAgentVersion: (_root, { input }, context) =>
      mutationPayload('agent', () => context.services.versions.restore(context, input)),
  },
  AgentVersion: {
    __resolveReference: ({ id }, context) => context.loaders.version.load(id),
    definition: ({ id }, _args, { loaders }) => loaders.definition.load(id),
  },
  Actor: {
    user: ({ userId }) => (userId === null ? null : { id: userId }),
  },
};
