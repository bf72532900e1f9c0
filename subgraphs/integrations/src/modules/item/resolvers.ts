import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Integration: {
    items: ({ id }, args, { request, services }) => services.items.list(request, id, args),
    item: ({ id }, { key }, { request, services }) => services.items.find(request, id, key),
  },
};
