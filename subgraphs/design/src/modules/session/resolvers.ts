import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import { newestOfKinds } from '../artifact/artifact-store.ts';
import type { SourceRange } from '../intake/source-text.ts';
import { toSessionAgents } from '../proposal/session-agent.ts';

const PROVIDERS = { LOCAL: 'local', CLAUDE: 'anthropic', OPENAI: 'openai' } as const;
const NOBODY = { engine: null, model: null, fallback: null } as const;

/** Until the context has been read. */
function wholeDescription({ length: end }: string): SourceRange {
  return { kind: 'DESCRIPTION', name: 'Description', start: 0, end };
}

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
    refineDesign: (_parent, { input }, { services, request }) =>
      mutationPayload('session', () => services.sessions.refine(request, input)),
    updateProcessModel: (_parent, { input }, { services, request }) =>
      mutationPayload('session', () => services.sessions.updateProcessModel(request, input)),
    retryDesign: (_parent, { input }, { services, request }) =>
      mutationPayload('session', () => services.sessions.retry(request, input.sessionId)),
  },
  DesignSession: {
    __resolveReference: ({ id }, { loaders }) => loaders.sessions.load(id),
    sources: ({ sources, description }) => sources ?? [wholeDescription(description)],
    processModel: ({ id }, { revision }, { loaders }) =>
      revision == null
        ? loaders.processModels.load(id)
        : loaders.modelRevisions.load({ sessionId: id, revision }),
    processModels: ({ id }, _args, { loaders }) => loaders.modelHistories.load(id),
    revisions: ({ id }, _args, { loaders }) => loaders.revisions.load(id),
    agents: async ({ id }, _args, { loaders }) => toSessionAgents(await loaders.proposed.load(id)),
    automation: async ({ id }, _args, { loaders }) =>
      (await loaders.proposed.load(id))?.proposal?.automation ?? [],
    approvals: async ({ id }, _args, { loaders }) =>
      (await loaders.proposed.load(id))?.proposal?.approvals ?? [],
    testCases: async ({ id }, _args, { loaders }) =>
      (await loaders.proposed.load(id))?.proposal?.testCases ?? [],
    rejections: async ({ id }, _args, { loaders }) =>
      (await loaders.newestRevisions.load(id))?.rejections ?? [],
    artifacts: async ({ id }, _args, { loaders }) => newestOfKinds(await loaders.artifacts.load(id)),
    usage: async ({ id, usage }, _args, { loaders }) => {
      const [use, newest] = await Promise.all([loaders.uses.load(id), loaders.newestRevisions.load(id)]);
      const { engine, model, fallback } = newest ?? NOBODY;
      const provider = engine === null ? usage.provider : PROVIDERS[engine];
      return { ...use, provider, engine, model, fallback };
    },
    failure: async ({ id, failure }, _args, { loaders }) =>
      failure && { ...failure, costUsd: (await loaders.uses.load(id)).costUsd },
    events: ({ id }, { after }, { services, request }) => services.progress.list(request, id, after ?? 0),
    agent: ({ agentId }) => (agentId === null ? null : { id: agentId }),
    createdBy: ({ createdByUserId }) => (createdByUserId === null ? null : { id: createdByUserId }),
  },
  Agent: {
    // The agents subgraph knows whether there is such an agent; here it is only a name for its sessions.
    // What the schema requires of that subgraph comes along.
    __resolveReference: (reference) => reference,
    designSessions: ({ id }, args, { services, request }) =>
      services.sessions.list(request, { ...args, agentId: id }),
  },
};
