import { InvalidInput, mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Mutation: {
    startIntegrationAuthorization: (_root, { input }, { request, services }) =>
      mutationPayload('authorizationUrl', () => services.authorizations.start(request, input.integrationId)),
    completeIntegrationAuthorization: async (_root, { input }, { request, services }) => {
      try {
        return { ...(await services.authorizations.complete(request, input)), errors: [] };
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        return { integration: null, report: null, errors: error.errors };
      }
    },
  },
  Integration: {
    signIn: ({ id }, _args, { loaders }) => loaders.signInOfIntegration.load(id),
  },
};
