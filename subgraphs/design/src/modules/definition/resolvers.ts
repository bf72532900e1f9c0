import type { Resolvers } from '../../generated/graphql.ts';

/** Definitions are plain data: every field has the name that it has in the domain. */
export const resolvers: Resolvers = {};
