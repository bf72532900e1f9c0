import { requireTenant } from '@flowgrid/access';
import type { Resolvers } from '../../generated/graphql.ts';

export const tenantResolvers: Resolvers = {
  Query: {
    tenant: (_root, _args, { viewer, services }) =>
      services.viewers.getTenant(requireTenant(viewer).tenantId),
  },
  Tenant: {
    // Every other tenant looks as if it did not exist.
    __resolveReference: ({ id }, { viewer, services }) =>
      viewer.kind === 'tenant' && viewer.tenantId === id ? services.viewers.getTenant(id) : null,
  },
};
