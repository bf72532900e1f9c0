import type { Resolvers } from '../../generated/graphql.ts';

export const resolvers: Resolvers = {
  Query: {
    analyzeProcess: (_parent, { text }, { services, request }) => services.analysis.analyze(request, text),
  },
  ProcessActor: {
    mentions: (actor) => actor.mentions ?? [],
  },
  ProcessDataObject: {
    mentions: (dataObject) => dataObject.mentions ?? [],
  },
};
