/** The agents service. */
import { idsOfViewer, openContextTokenVerifier } from '@flowgrid/access';
import { openOutbox, openTransport } from '@flowgrid/messaging';
import {
  createLogger,
  createMetrics,
  readEnvOrExit,
  runService,
  startSubgraphServer,
  startTelemetry,
  systemClock,
  toHttpOptions,
} from '@flowgrid/platform';
import { openSharedState } from '@flowgrid/shared-state';
import { createContext } from './context.ts';
import { openAgentsDatabase } from './database.ts';
import { readAgentsEnv } from './env.ts';
import { defaultDefinition } from './modules/definition/snapshot.ts';
import { createSchema } from './schema.ts';
import { createServices } from './services.ts';

const NAME = 'agents';

const env = readEnvOrExit(readAgentsEnv);
const logger = createLogger({ name: NAME, level: env.LOG_LEVEL });
const metrics = createMetrics(NAME);

await runService(
  logger,
  async (stack, stopping) => {
    stack.use(await startTelemetry({ name: NAME, endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, logger }));
    const database = stack.use(
      openAgentsDatabase(env.DATABASE_URL, logger, { poolSize: env.DATABASE_POOL_SIZE, metrics }),
    );
    const { pubsub } = stack.use(openSharedState(env, logger));
    const transport = stack.use(await openTransport(env, logger));
    const outbox = stack.use(
      openOutbox({ service: NAME, database, transport, announcements: pubsub, registry: metrics, logger }),
    );
    const verifier = stack.use(
      openContextTokenVerifier({ audience: NAME, authUrls: env.AUTH_URL, clock: systemClock, logger }),
    );
    const services = createServices({
      database: outbox.database,
      clock: systemClock,
      defaultDefinition: defaultDefinition({
        provider: env.DEFAULT_MODEL_PROVIDER,
        name: env.DEFAULT_MODEL_NAME,
      }),
    });
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
        createContext: (facts) => createContext(services, facts),
      }),
    );
  },
  { drainSeconds: env.SHUTDOWN_DRAIN_SECONDS },
);
