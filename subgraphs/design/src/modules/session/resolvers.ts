import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Query: {
    designSession: (_parent, { id }, { loaders }) => loaders.sessions.load(id),
    designSessions: (_parent, args, { services, request }) =>
      services.sessions.list(request, { ...args, state: args.state ?? null }),
  },
  Mutation: {
    startDesign: (_parent, { input }, { services, request }) =>
      mutationPayload('session', () => services.sessions.start(request, input)),
    approveProcessModel: (_parent, { input }, { services, request }) =>
      mutationPayload('session', () => services.sessions.approve(request, input.sessionId)),
    cancelDesign: (_parent, { input }, { services, request }) =>
      mutationPayload('session', () => services.sessions.cancel(request, input.sessionId)),
    retryDesign: (_parent, { input }, { services, request }) =>
      mutationPayload('session', () => services.sessions.retry(request, input.sessionId)),
  },
  DesignSession: {
    __resolveReference: ({ id }, { loaders }) => loaders.sessions.load(id),
    processModel: ({ id }, _args, { loaders }) => loaders.processModels.load(id),
    artifacts: ({ id }, _args, { loaders }) => loaders.artifacts.load(id),
    events: ({ id }, { after }, { services, request }) => services.progress.list(request, id, after ?? 0),
    agent: ({ agentId }) => (agentId === null ? null : { id: agentId }),
    createdBy: ({ createdByUserId }) => (createdByUserId === null ? null : { id: createdByUserId }),
  },
  Agent: {
    // The agents subgraph knows whether there is such an agent; here it is only a name for its sessions.
    __resolveReference: ({ id }) => ({ id }),
    designSessions: ({ id }, args, { services, request }) =>
      services.sessions.list(request, { ...args, agentId: id }),
  },
};
