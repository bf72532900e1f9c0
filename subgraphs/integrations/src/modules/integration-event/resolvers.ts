import type { Resolvers } from '../../generated/graphql.ts';
import type { IntegrationEvent } from './integration-event.ts';

export const resolvers: Resolvers = {
  Integration: {
    events: ({ id }, args, { services, request }) => services.integrationEvents.list(request, id, args),
  },
  IntegrationEvent: {
    integration: ({ integrationId }, _args, { loaders }) => loaders.integration.load(integrationId),
  },
  Subscription: {
    integrationEvents: {
      subscribe: (_parent, { integrationId, after }, { services, request }) =>
        services.integrationEvents.follow(request, integrationId, after ?? null),
      resolve: (event: IntegrationEvent) => event,
    },
  },
};
