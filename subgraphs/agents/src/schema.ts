import { buildSchema } from '@flowgrid/platform';
import type { GraphQLSchema } from 'graphql';
import { agentResolvers } from './modules/agent/resolvers.ts';
import { environmentResolvers } from './modules/environment/resolvers.ts';
import { versionResolvers } from './modules/version/resolvers.ts';

const sdl = (path: string): URL => new URL(path, import.meta.url);

export function createSchema(): GraphQLSchema {
  return buildSchema(sdl('schema.graphql'), [
    { typeDefs: sdl('modules/definition/definition.graphql'), resolvers: {} },
    { typeDefs: sdl('modules/definition/definition-input.graphql'), resolvers: {} },
    { typeDefs: sdl('modules/agent/agent.graphql'), resolvers: agentResolvers },
    { typeDefs: sdl('modules/version/version.graphql'), resolvers: versionResolvers },
    { typeDefs: sdl('modules/environment/environment.graphql'), resolvers: environmentResolvers },
  ]);
}
