import { mutationPayload, notFound } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const environmentResolvers: Resolvers = {
  Mutation: {
    publishAgent: (_root, { input }, context) =>
      mutationPayload('agent', () => context.services.environments.publish(context, input)),
  },
  AgentEnvironment: {
    version: async (environment, _args, { loaders }) => {
      const version = await loaders.versionByKey.load(environment);
      if (version === null) throw notFound('Agent');
      return version;
    },
  },
};
