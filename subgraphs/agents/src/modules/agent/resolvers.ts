import { mutationPayload, notFound } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import { PRODUCTION } from '../environment/environment.ts';
import { listVersionPage } from '../version/version-page.ts';

export const agentResolvers: Resolvers = {
  Query: {
    agents: (_root, args, context) => context.services.agents.list(context, args),
    agent: (_root, args, context) => context.services.agents.find(context, args),
  },
  Mutation: {
    createAgent: (_root, { input }, context) =>
      mutationPayload('agent', () => context.services.agents.create(context, input)),
    updateAgent: (_root, { input }, context) =>
      mutationPayload('agent', () => context.services.agents.update(context, input)),
    archiveAgent: (_root, { input }, context) =>
      mutationPayload('agent', () => context.services.agents.archive(context, input.id)),
    unarchiveAgent: (_root, { input }, context) =>
      mutationPayload('agent', () => context.services.agents.unarchive(context, input.id)),
    deleteAgent: (_root, { input }, context) =>
      mutationPayload('deletedAgentId', () => context.services.agents.delete(context, input.id)),
  },
  Agent: {
    __resolveReference: ({ id }, context) => context.loaders.agent.load(id),
    owner: ({ ownerId }) => (ownerId === null ? null : { id: ownerId }),
    createdBy: ({ createdById }) => (createdById === null ? null : { id: createdById }),
    draft: async ({ id, latestNumber }, _args, { loaders }) => {
      const version = await loaders.versionByKey.load({ agentId: id, number: latestNumber });
      if (version === null) throw notFound('Agent');
      return version;
    },
    publishedVersion: async (agent, _args, { loaders }) => {
      const environments = await loaders.environments.load(agent);
      const production = environments.find(({ name }) => name === PRODUCTION);
      return production === undefined ? null : loaders.versionByKey.load(production);
    },
    environments: (agent, _args, { loaders }) => loaders.environments.load(agent),
    versions: (agent, args, { loaders }) => listVersionPage(agent, args, loaders.versionByKey),
    version: ({ id }, { number }, { loaders }) => loaders.versionByKey.load({ agentId: id, number }),
  },
  AgentConnection: {
    totalCount: ({ filter }, _args, context) => context.services.agents.count(context, filter),
  },
};
