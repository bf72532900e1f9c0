import type { Resolvers } from '../../generated/graphql.ts';
import { rolesNamed } from './role.ts';

export const userResolvers: Resolvers = {
  Query: {
    users: (_root, args, { viewer, services }) => services.users.list(viewer, args),
    user: (_root, { id }, { viewer, services }) => services.users.find(viewer, id),
    roles: (_root, _args, { viewer, services }) => services.users.listRoles(viewer),
  },
  User: {
    __resolveReference: ({ id }, { userLoader }) => userLoader.load(id),
    roles: ({ roleNames }) => rolesNamed(roleNames),
  },
};
