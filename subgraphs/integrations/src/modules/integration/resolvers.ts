import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Query: {
    integrations: (_root, { kind }, { request, services }) =>
      services.integrations.list(request, kind ?? null),
    integration: (_root, { id }, { loaders }) => loaders.integration.load(id),
    integrationKinds: (_root, _args, { services }) => services.integrationKinds,
  },
  Mutation: {
    createIntegration: (_root, { input }, { request, services }) =>
      mutationPayload('integration', () => services.integrations.create(request, input)),
    updateIntegration: (_root, { input }, { request, services }) =>
      mutationPayload('integration', () => services.integrations.update(request, input)),
    rotateIntegrationCredential: (_root, { input }, { request, services }) =>
      mutationPayload('integration', () => services.integrations.rotateCredential(request, input)),
    testIntegration: async (_root, { input }, { request, services }) => {
      const tested = await services.connectionTester.test(request, input.id);
      return { ...tested, errors: [] };
    },
    deleteIntegration: (_root, { input }, { request, services }) =>
      mutationPayload('integration', () => services.integrations.delete(request, input.id)),
  },
  Integration: {
    __resolveReference: ({ id }, { loaders }) => loaders.integration.load(id),
    capabilities: ({ kind }, _args, { services }) =>
      services.integrationKinds.find((facts) => facts.kind === kind)?.capabilities ?? [],
    statusHistory: ({ id }, args, { request, services }) => services.statusHistory.list(request, id, args),
  },
};
