/** The delivery worker: what goes to other systems, and what came from them, when nobody waits for it; and its health. */
import { createOutboxAnnouncer, withOutbox } from '@flowgrid/messaging';
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
import { startPurgingEvents } from './modules/integration-event/purge-events.ts';
import { startKeySweeper } from './modules/credential/key-sweeper.ts';
import { openSecretBox } from './modules/credential/open-secret-box.ts';

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
  const database = withOutbox(opened, announceOutbox);
  const secretBox = stack.use(await openSecretBox(env, { database, pubsub, clock, logger }));
  stack.use(startKeySweeper({ ...secretBox, database, clock, logger }));
  stack.use(startPurgingEvents({ database, logger }));
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
