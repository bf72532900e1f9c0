import { EVENT_CATALOGUE } from '@flowgrid/messaging';
import { InvalidInput, mutationPayload } from '@flowgrid/platform';
import type { Resolvers } from '../../generated/graphql.ts';
import { JITTER, RETRY_DELAYS_MS } from '../webhook-delivery/retry-schedule.ts';
import { WEBHOOK_EVENT_TYPES } from './event-filter.ts';
import { exampleOf } from './example-data.ts';
import type { EndpointWithSecret } from './webhook-endpoint-service.ts';

export const resolvers: Resolvers = {
  Query: {
    webhookEndpoints: (_root, _args, { request, services }) => services.webhookEndpoints.list(request),
    webhookEndpoint: async (_root, { id }, { request, services }) => {
      const [endpoint] = await services.webhookEndpoints.listByIds(request, [id]);
      return endpoint ?? null;
    },
    webhookEventTypes: () =>
      WEBHOOK_EVENT_TYPES.map((type) => ({
        type,
        description: EVENT_CATALOGUE[type].description,
        example: exampleOf(type),
      })),
    webhookRetrySchedule: () => ({ attempts: scheduledAttempts(), jitterPercent: JITTER * 100 }),
  },
  Mutation: {
    createWebhookEndpoint: (_root, { input }, { request, services }) =>
      withSecret(() => services.webhookEndpoints.create(request, input)),
    updateWebhookEndpoint: (_root, { input }, { request, services }) =>
      mutationPayload('endpoint', () => services.webhookEndpoints.update(request, input)),
    rotateWebhookSecret: (_root, { input }, { request, services }) =>
      withSecret(() => services.webhookEndpoints.rotateSecret(request, input)),
    enableWebhookEndpoint: (_root, { input }, { request, services }) =>
      mutationPayload('endpoint', () => services.webhookEndpoints.enable(request, input.id)),
    disableWebhookEndpoint: (_root, { input }, { request, services }) =>
      mutationPayload('endpoint', () => services.webhookEndpoints.disable(request, input.id)),
    deleteWebhookEndpoint: (_root, { input }, { request, services }) =>
      mutationPayload('endpoint', () => services.webhookEndpoints.delete(request, input.id)),
  },
  WebhookEndpoint: {
    publicKey: ({ secrets }) => secrets[0]?.publicKey ?? null,
    consecutiveFailures: ({ health }) => health.failures,
    failingSince: ({ health }) => health.failingSince,
    statistics: ({ id }, _args, { request, services }) => services.webhookEndpoints.statistics(request, id),
  },
};

function scheduledAttempts(): { number: number; afterSeconds: number; elapsedSeconds: number }[] {
  let elapsedSeconds = 0;
  return RETRY_DELAYS_MS.map((delayMs, index) => {
    const afterSeconds = delayMs / 1000;
    elapsedSeconds += afterSeconds;
    return { number: index + 1, afterSeconds, elapsedSeconds };
  });
}

async function withSecret(work: () => Promise<EndpointWithSecret>): Promise<{
  endpoint: EndpointWithSecret['endpoint'] | null;
  secret: string | null;
  errors: InvalidInput['errors'];
}> {
  try {
    return { ...(await work()), errors: [] };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { endpoint: null, secret: null, errors: error.errors };
  }
}
