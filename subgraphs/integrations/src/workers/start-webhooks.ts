/** Everything about webhooks that nobody waits for: fan-out, sending, delivery, replays and the purge. */
import { startConsumer, type Transport } from '@flowgrid/messaging';
import { repeatHourly, type Clock, type Logger, type Registry } from '@flowgrid/platform';
import type { OutboundFetch } from '@flowgrid/outbound';
import type { PubSub } from '@flowgrid/shared-state';
import type { IntegrationsDatabase } from '../database.ts';
import type { SecretBox } from '../modules/credential/secret-box.ts';
import { createFanOutHandlers } from '../modules/webhook-delivery/fan-out.ts';
import { purgeWebhooks } from '../modules/webhook-delivery/purge-webhooks.ts';
import { createDeliveryAnnouncer } from '../modules/webhook-delivery/delivery-announcer.ts';
import { createWebhookClient } from '../modules/webhook-delivery/webhook-client.ts';
import { createWebhookMetrics } from './webhook-metrics.ts';
import { startWebhookReplayer } from './webhook-replayer.ts';
import { startWebhookSender } from './webhook-sender.ts';
import { startWebhookWorker } from './webhook-worker.ts';

export interface WebhooksOptions {
  /** Hands over the events that are written through it. */
  readonly database: IntegrationsDatabase;
  readonly transport: Transport;
  readonly pubsub: PubSub;
  readonly secretBox: SecretBox;
  /** Makes each request once and limits none by server. */
  readonly fetch: OutboundFetch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly leaseSeconds: number;
  /** Between 0 and 1. */
  readonly random?: () => number;
  /** How often it is looked for what is due. */
  readonly pollMs?: number;
  /** After so long a message that led to nothing counts as lost. */
  readonly lostAfterSeconds?: number;
}

/** From its request to the last byte of an endpoint's answer. */
export const WEBHOOK_DEADLINE_MS = 15_000;
const SUBSCRIPTION = 'integrations-webhooks';

/** Disposing ends it in the reverse order; what is under way is given back. */
export function startWebhooks(options: WebhooksOptions): AsyncDisposable {
  const { database, transport, pubsub, clock, logger, registry } = options;
  const stack = new AsyncDisposableStack();
  const announce = createDeliveryAnnouncer(pubsub, logger);
  const sender = stack.use(startWebhookSender(options));
  const wakeSender = (): void => sender.wake();
  stack.use(
    startWebhookWorker({
      ...options,
      send: createWebhookClient(options.fetch),
      metrics: createWebhookMetrics(registry, { database, clock, logger }),
      random: options.random ?? Math.random,
      announce,
      wakeSender,
    }),
  );
  stack.use(startWebhookReplayer({ ...options, announce, wakeSender }));
  stack.use(
    startConsumer({
      transport,
      source: { subscription: SUBSCRIPTION },
      name: SUBSCRIPTION,
      handlers: createFanOutHandlers(clock),
      database: wakingAfterCommit(database, wakeSender),
      logger,
      registry,
    }),
  );
  stack.use(
    repeatHourly({
      work: async () => {
        const count = await purgeWebhooks(database);
        if (count > 0) logger.info({ count }, 'old webhook deliveries were forgotten');
      },
      failure: 'old webhook deliveries could not be purged',
      logger,
    }),
  );
  return stack;
}

/** What was fanned out is sent at once, when it is there to be seen. */
function wakingAfterCommit(database: IntegrationsDatabase, wake: () => void): IntegrationsDatabase {
  return {
    ...database,
    inTenant: async (tenantId, work) => {
      const result = await database.inTenant(tenantId, work);
      wake();
      return result;
    },
  };
}
