import { buildSchema } from '@flowgrid/platform';
import type { GraphQLSchema } from 'graphql';
import { sessionResolvers } from './modules/session/resolvers.ts';
import { tenantResolvers } from './modules/tenant/resolvers.ts';
import { userResolvers } from './modules/user/resolvers.ts';
import { viewerResolvers } from './modules/viewer/resolvers.ts';

const MODULES = [
  { name: 'session', resolvers: sessionResolvers },
  { name: 'tenant', resolvers: tenantResolvers },
  { name: 'user', resolvers: userResolvers },
  { name: 'viewer', resolvers: viewerResolvers },
];

export function createSchema(): GraphQLSchema {
  return buildSchema(
    new URL('schema.graphql', import.meta.url),
    MODULES.map(({ name, resolvers }) => ({
      typeDefs: new URL(`modules/${name}/${name}.graphql`, import.meta.url),
      resolvers,
    })),
  );
}
