/** What the service needs for webhooks; delivering them is the worker's. */
import type { Transport } from '@flowgrid/messaging';
import type { Clock, Logger } from '@flowgrid/platform';
import type { PubSub } from '@flowgrid/shared-state';
import type { IntegrationsDatabase } from '../../database.ts';
import type { SecretBox } from '../credential/secret-box.ts';
import { WebhookEndpointService } from '../webhook-endpoint/webhook-endpoint-service.ts';
import { createDeliveryAnnouncer } from './delivery-announcer.ts';
import { createDeliveryFeed, type DeliveryFeed } from './delivery-feed.ts';
import { WebhookDeliveryService } from './webhook-delivery-service.ts';
import { sendDueWork } from './webhook-work.ts';

export interface WebhookServices {
  readonly webhookEndpoints: WebhookEndpointService;
  readonly webhookDeliveries: WebhookDeliveryService;
  readonly webhookFeed: DeliveryFeed;
}

/** The caller disposes of it. */
export function openWebhooks(options: {
  readonly database: IntegrationsDatabase;
  readonly transport: Transport;
  readonly pubsub: PubSub;
  readonly secretBox: SecretBox;
  readonly findUrlProblem: (url: URL) => string | null;
  readonly clock: Clock;
  readonly logger: Logger;
}): Disposable & { readonly services: WebhookServices } {
  const { pubsub, logger } = options;
  const webhookFeed = createDeliveryFeed(options);
  return {
    services: {
      webhookEndpoints: new WebhookEndpointService(options),
      webhookDeliveries: new WebhookDeliveryService({
        ...options,
        sendDueWork: () => sendDueWork(options),
        announce: createDeliveryAnnouncer(pubsub, logger),
      }),
      webhookFeed,
    },
    [Symbol.dispose]: () => webhookFeed[Symbol.dispose](),
  };
}
