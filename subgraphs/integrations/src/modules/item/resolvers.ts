import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Mutation: {
    createExternalItem: (_root, { input }, { request, services }) =>
      mutationPayload('item', () => services.itemWrites.create(request, input)),
    commentOnExternalItem: (_root, { input }, { request, services }) =>
      mutationPayload('comment', () => services.itemWrites.comment(request, input)),
    transitionExternalItem: (_root, { input }, { request, services }) =>
      mutationPayload('item', () => services.itemWrites.transition(request, input)),
  },
  Integration: {
    items: ({ id }, args, { request, services }) => services.items.list(request, id, args),
    item: ({ id }, { key }, { request, services }) => services.items.find(request, id, key),
    itemTransitions: async ({ id }, { key }, { request, services }) => {
      const offered = await services.itemWrites.listTransitions(request, id, key);
      return offered && offered.map((step) => ({ ...step, requires: [...(step.requires ?? [])] }));
    },
  },
};
