import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Mutation: {
    createPullRequest: (_root, { input }, { request, services }) =>
      mutationPayload('pullRequest', () =>
        services.pullRequests.create(request, { ...input, files: [...input.files] }),
      ),
  },
};
