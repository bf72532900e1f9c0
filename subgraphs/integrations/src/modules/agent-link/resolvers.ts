import { InvalidInput, isId } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import type { Linked } from './agent-link-service.ts';

export const resolvers: Resolvers = {
  Mutation: {
    linkAgentIntegration: (_root, { input }, { request, services }) =>
      linkedPayload(() => services.agentLinks.link(request, input)),
    unlinkAgentIntegration: (_root, { input }, { request, services }) =>
      linkedPayload(() => services.agentLinks.unlink(request, input)),
  },
  Agent: {
    __resolveReference: ({ id }) => (isId(id) ? { id } : null),
    integrations: ({ id }, _args, { loaders }) => loaders.integrationsOfAgent.load(id),
  },
};

async function linkedPayload(work: () => Promise<Linked>): Promise<{
  agent: Linked['agent'] | null;
  integration: Linked['integration'] | null;
  errors: InvalidInput['errors'];
}> {
  try {
    return { ...(await work()), errors: [] };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { agent: null, integration: null, errors: error.errors };
  }
}
