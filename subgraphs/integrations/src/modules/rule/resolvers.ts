import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Query: {
    integrationRules: (_root, _args, { request, services }) => services.rules.list(request),
  },
  Mutation: {
    createIntegrationRule: (_root, { input }, { request, services }) =>
      mutationPayload('rule', () => services.rules.create(request, input)),
    updateIntegrationRule: (_root, { input }, { request, services }) =>
      mutationPayload('rule', () => services.rules.update(request, input)),
    deleteIntegrationRule: (_root, { input }, { request, services }) =>
      mutationPayload('rule', () => services.rules.delete(request, input.id)),
  },
  IntegrationRule: {
    integration: ({ integrationId }, _args, { loaders }) =>
      integrationId === null ? null : loaders.integration.load(integrationId),
    agent: ({ agentId }) => (agentId === null ? null : { id: agentId }),
    runs: ({ id }, args, { request, services }) => services.rules.listRuns(request, id, args),
  },
  IntegrationRuleRun: {
    session: ({ sessionId }) => (sessionId === null ? null : { id: sessionId }),
  },
};
