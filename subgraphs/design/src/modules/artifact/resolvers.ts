import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Query: {
    archimateModel: async (_parent, { sessionId }, { services, request }) => {
      const file = await services.artifacts.findArchimate(request, sessionId);
      if (file === null) return null;
      return { sessionId: file.sessionId, name: file.name, xml: Buffer.from(file.content).toString() };
    },
  },
  DesignArtifact: {
    url: (artifact, _args, { links }) => links.sign(artifact).url,
    expiresAt: (artifact, _args, { links }) => links.sign(artifact).expiresAt,
  },
};
