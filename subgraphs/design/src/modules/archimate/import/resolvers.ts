import { InvalidInput, mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../../generated/graphql.ts';
import type { Linked } from './link-service.ts';

export const resolvers: Resolvers = {
  Query: {
    archimateImport: (_parent, { id }, { loaders }) => loaders.archimateImports.load(id),
    archimateImports: (_parent, args, { services, request }) =>
      services.archimate.imports.list(request, args),
  },
  Mutation: {
    validateArchimate: (_parent, { input }, { services, request }) =>
      mutationPayload('findings', () => services.archimate.imports.validate(request, input)),
    importArchimate: (_parent, { input }, { services, request }) =>
      mutationPayload('archimateImport', () => services.archimate.imports.import(request, input)),
    deleteArchimateImport: (_parent, { input }, { services, request }) =>
      mutationPayload('deletedId', () => services.archimate.imports.delete(request, input.id)),
    linkAgentToArchimate: (_parent, { input }, { services, request }) =>
      linkedPayload(() => services.archimate.links.link(request, input)),
    unlinkAgentFromArchimate: (_parent, { input }, { services, request }) =>
      linkedPayload(() => services.archimate.links.unlink(request, input)),
  },
  ArchimateImport: {
    elements: ({ id }, args, { services, request }) =>
      services.archimate.imports.listElements(request, id, {
        first: args.first ?? null,
        after: args.after ?? null,
        search: args.search ?? null,
        type: args.type ?? null,
      }),
    links: ({ id }, _args, { loaders }) => loaders.archimateLinksOfModel.load(id),
    createdBy: ({ createdByUserId }) => (createdByUserId === null ? null : { id: createdByUserId }),
  },
  ArchimateLink: {
    archimateImport: ({ importId }, _args, { loaders }) => loaders.archimateImports.load(importId),
    agent: ({ agentId }) => ({ id: agentId }),
  },
  Agent: {
    archimateElements: ({ id }, _args, { loaders }) => loaders.archimateLinksOfAgent.load(id),
  },
};

async function linkedPayload(work: () => Promise<Linked>): Promise<{
  archimateImport: Linked['archimateImport'] | null;
  agent: Linked['agent'] | null;
  errors: InvalidInput['errors'];
}> {
  try {
    return { ...(await work()), errors: [] };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { archimateImport: null, agent: null, errors: error.errors };
  }
}
