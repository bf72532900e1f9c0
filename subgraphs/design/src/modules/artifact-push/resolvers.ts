import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Mutation: {
    pushArtifact: (_parent, { input }, { services, request }) =>
      mutationPayload('pullRequest', () => services.artifactPush.push(request, input)),
  },
};
