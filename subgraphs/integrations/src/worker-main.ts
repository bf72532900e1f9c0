/** The delivery worker: what goes to other systems, and what came from them, when nobody waits for it; and its health. */
import { createOutboxAnnouncer, openTransport, withOutbox } from '@flowgrid/messaging';
import { createOutbound, toOutboundReach } from '@flowgrid/outbound';
import {
  createHttpServer,
  createLogger,
  createMetrics,
  listen,
  readEnvOrExit,
  runService,
  startTelemetry,
  systemClock as clock,
  toHttpOptions,
} from '@flowgrid/platform';
import { openSharedState } from '@flowgrid/shared-state';
import { openIntegrationsDatabase } from './database.ts';
import { readDeliveryWorkerEnv } from './env.ts';
import { RedeliveryService } from './modules/inbound-hook/redelivery-service.ts';
import { RegistrationRenewals } from './modules/inbound-hook/registration-renewals.ts';
import { withIntegrationEvents } from './modules/integration-event/announced-events.ts';
import { startInboundWorker } from './workers/inbound-worker.ts';
import { startRuleWorker } from './workers/rule-worker.ts';
import { WEBHOOK_DEADLINE_MS, startWebhooks } from './workers/start-webhooks.ts';
import { startSyncWorker } from './workers/sync-worker.ts';
import { startPurgingWrites } from './modules/external-write/purge-writes.ts';
import { startPurgingEvents } from './modules/integration-event/purge-events.ts';
import { startKeySweeper } from './modules/credential/key-sweeper.ts';
import { startTokenTender } from './modules/authorization/token-tender.ts';
import { openConnections } from './open-connections.ts';

const NAME = 'delivery-worker';
const env = readEnvOrExit(readDeliveryWorkerEnv);
const logger = createLogger({ name: NAME, level: env.LOG_LEVEL });
const metrics = createMetrics(NAME);

// Nobody sends requests to a worker, so nothing is drained: at the signal its work goes to others at once.
await runService(logger, async (stack, stopping) => {
  stack.use(await startTelemetry({ name: NAME, endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, logger }));
  const opened = stack.use(
    openIntegrationsDatabase(env.DATABASE_URL, logger, { poolSize: env.DATABASE_POOL_SIZE, metrics }),
  );
  const { pubsub } = stack.use(openSharedState(env, logger));
  // The integrations service hands over what is written here.
  const announceOutbox = createOutboxAnnouncer({ service: 'integrations', announcements: pubsub, logger });
  const database = withIntegrationEvents(withOutbox(opened, announceOutbox), { pubsub, logger });
  const transport = stack.use(await openTransport(env, logger));
  const connecting = await openConnections(stack, { env, database, pubsub, clock, logger, metrics });
  const { secretBox, signing, outbound, connections } = connecting;
  const shared = { database, secretBox: secretBox.dataKeys, clock, logger };
  stack.use(startKeySweeper({ ...secretBox, database, clock, logger }));
  stack.use(startPurgingEvents({ database, logger }));
  stack.use(startPurgingWrites({ database, logger }));
  stack.use(startTokenTender({ ...shared, ...signing, fetch: outbound.fetch }));
  const renewals = new RegistrationRenewals({ ...shared, connections });
  const redeliveries = new RedeliveryService({ database, connections, logger });
  stack.use(startInboundWorker({ database, transport, renewals, redeliveries, clock, logger }));
  stack.use(startRuleWorker({ database, transport, connections, registry: metrics, clock, logger }));
  const syncs = { concurrency: env.SYNC_CONCURRENCY, leaseSeconds: env.SYNC_LEASE_SECONDS };
  stack.use(startSyncWorker({ ...syncs, database, transport, connections, clock, logger }));
  // Each request is made once: the retries of webhooks are days apart, and their limits are per endpoint.
  const forWebhooks = stack.use(
    createOutbound({
      ...toOutboundReach(env),
      policies: null,
      connectionsPerServer: null,
      deadlineMs: WEBHOOK_DEADLINE_MS,
    }),
  );
  stack.use(
    startWebhooks({
      database,
      transport,
      pubsub,
      secretBox: secretBox.dataKeys,
      fetch: forWebhooks.fetch,
      clock,
      logger,
      registry: metrics,
      leaseSeconds: env.WEBHOOK_LEASE_SECONDS,
    }),
  );
  const http = {
    name: NAME,
    ...toHttpOptions(env),
    stopping,
    metrics,
    logger,
    checkReady: database.checkReady,
  };
  stack.use(await listen(createHttpServer(http), http));
});
