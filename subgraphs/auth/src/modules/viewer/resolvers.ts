import type { Resolvers } from '../../generated/graphql.ts';
import { rolesNamed } from '../user/role.ts';

export const viewerResolvers: Resolvers = {
  Query: {
    viewer: (_root, _args, { viewer, services }) => services.viewers.toSubject(viewer),
  },
  Viewer: {
    user: (subject, _args, { services }) => services.viewers.findUser(subject),
    tenant: ({ tenantId }, _args, { services }) => services.viewers.getTenant(tenantId),
    memberships: (subject, _args, { services }) => services.viewers.listMemberships(subject),
  },
  Membership: {
    roles: ({ user }) => rolesNamed(user.roleNames),
  },
};
