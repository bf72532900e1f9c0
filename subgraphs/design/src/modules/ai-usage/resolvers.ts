import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import { engineOfProvider } from './engine-names.ts';

export const resolvers: Resolvers = {
  Query: {
    designSettings: (_parent, _args, { services, request }) => services.settings.get(request),
    aiUsage: (_parent, { month }, { services, request }) => services.usage.ofTenant(request, month ?? null),
  },
  Mutation: {
    updateDesignSettings: (_parent, { input }, { services, request }) =>
      mutationPayload('settings', () => services.settings.update(request, input)),
  },
  AiModelUsage: {
    engine: ({ provider }) => engineOfProvider(provider),
  },
  AiSessionUsage: {
    session: ({ sessionId }, _args, { loaders }) => loaders.sessions.load(sessionId),
  },
};
