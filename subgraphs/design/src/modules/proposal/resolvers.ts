import { invariant } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import { definitionDigest } from '../definition/definition-digest.ts';
import { toSessionAgents } from './session-agent.ts';

export const resolvers: Resolvers = {
  DesignRevision: {
    agents: (revision) => toSessionAgents(revision),
    automation: ({ proposal }) => proposal?.automation ?? [],
    approvals: ({ proposal }) => proposal?.approvals ?? [],
    testCases: ({ proposal }) => proposal?.testCases ?? [],
    findings: ({ proposal }) => proposal?.findings ?? [],
    artifacts: async ({ sessionId, number }, _args, { loaders }) => {
      const artifacts = await loaders.artifacts.load(sessionId);
      return artifacts.filter(({ revision }) => revision === number);
    },
  },
  ProposedAgent: {
    digest: ({ definition }) => definitionDigest(definition),
    agent: async ({ sessionId, key }, _args, { loaders }) => {
      const agents = await loaders.designedAgents.load(sessionId);
      const made = agents.find((agent) => agent.key === key && agent.writtenRevision !== null);
      return made === undefined ? null : { id: made.agentId };
    },
  },
  ProcessModelRevision: {
    model: async ({ sessionId, revision }, _args, { loaders }) => {
      const model = await loaders.modelRevisions.load({ sessionId, revision });
      invariant(model !== null, 'a listed revision has its model');
      return model;
    },
  },
  Actor: {
    user: ({ userId }) => (userId === null ? null : { id: userId }),
  },
};
