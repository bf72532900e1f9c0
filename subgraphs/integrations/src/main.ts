/** The integrations service. */
import { idsOfViewer, openContextTokenVerifier } from '@flowgrid/access';
import { openOutbox, openTransport } from '@flowgrid/messaging';
import {
  createLogger,
  createMetrics,
  readEnvOrExit,
  runService,
  startSubgraphServer,
  startTelemetry,
  systemClock as clock,
  toHttpOptions,
} from '@flowgrid/platform';
import { openSharedState } from '@flowgrid/shared-state';
import { createContextFactory } from './context.ts';
import { openIntegrationsDatabase } from './database.ts';
import { readIntegrationsEnv } from './env.ts';
import { createSchema } from './schema.ts';
import { openServices } from './open-services.ts';

const NAME = 'integrations';
const env = readEnvOrExit(readIntegrationsEnv);
const logger = createLogger({ name: NAME, level: env.LOG_LEVEL });
const metrics = createMetrics(NAME);

await runService(
  logger,
  async (stack, stopping) => {
    stack.use(await startTelemetry({ name: NAME, endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, logger }));
    const database = stack.use(
      openIntegrationsDatabase(env.DATABASE_URL, logger, { poolSize: env.DATABASE_POOL_SIZE, metrics }),
    );
    const shared = stack.use(openSharedState(env, logger));
    const transport = stack.use(await openTransport(env, logger));
    const outbox = stack.use(
      openOutbox({
        service: NAME,
        database,
        transport,
        announcements: shared.pubsub,
        registry: metrics,
        logger,
      }),
    );
    const parts = { env, outbox, transport, shared, clock, logger, metrics };
    const { services, addRoutes } = await openServices(stack, parts);
    const verifier = stack.use(
      openContextTokenVerifier({ audience: NAME, authUrls: env.AUTH_URL, clock, logger }),
    );
    stack.use(
      await startSubgraphServer({
        name: NAME,
        ...toHttpOptions(env),
        stopping,
        metrics,
        logger,
        schema: createSchema(),
        checkReady: database.checkReady,
        authenticate: verifier.authenticate,
        idsOf: idsOfViewer,
        createContext: createContextFactory(services),
        addRoutes,
      }),
    );
  },
  { drainSeconds: env.SHUTDOWN_DRAIN_SECONDS },
);
