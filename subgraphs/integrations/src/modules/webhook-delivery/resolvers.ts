import { mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import type { WebhookDelivery } from './webhook-delivery.ts';

export const resolvers: Resolvers = {
  Query: {
    webhookDeliveries: (_root, args, { request, services }) => services.webhookDeliveries.list(request, args),
    webhookDelivery: (_root, { id }, { request, services }) => services.webhookDeliveries.find(request, id),
    webhookReplay: (_root, { id }, { request, services }) =>
      services.webhookDeliveries.findReplay(request, id),
  },
  Mutation: {
    redeliverWebhook: (_root, { input }, { request, services }) =>
      mutationPayload('delivery', () => services.webhookDeliveries.redeliver(request, input.id)),
    replayWebhooks: (_root, { input }, { request, services }) =>
      mutationPayload('replay', () => services.webhookDeliveries.replay(request, input)),
    sendTestWebhook: (_root, { input }, { request, services }) =>
      mutationPayload('delivery', () => services.webhookDeliveries.sendTest(request, input)),
  },
  Subscription: {
    webhookDeliveryChanged: {
      subscribe: (_root, { endpointId }, { request, services }) =>
        services.webhookFeed.follow(request, endpointId),
      resolve: (delivery: WebhookDelivery) => delivery,
    },
  },
  WebhookDelivery: {
    attemptCount: ({ attempt }) => attempt,
    payload: async ({ messageId }, _args, { loaders }) => {
      const body = await loaders.webhookBody.load(messageId);
      return body === null ? null : (JSON.parse(body) as unknown);
    },
    attempts: ({ id }, _args, { request, services }) => services.webhookDeliveries.attempts(request, id),
  },
  WebhookAttempt: {
    isResponseBodyCut: ({ isBodyCut }) => isBodyCut,
  },
};
