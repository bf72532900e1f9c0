/** The auth service. */
import { createContextTokenVerifier, idsOfViewer } from '@flowgrid/access';
import { openSharedState } from '@flowgrid/shared-state';
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
import { createContext } from './context.ts';
import { openAuthDatabase } from './database.ts';
import { readAuthEnv } from './env.ts';
import { startMaintenance } from './maintenance.ts';
import { addContextRoutes } from './modules/context/routes.ts';
import { addSessionCheckRoute } from './modules/context/session-check-route.ts';
import { addIssuerRoutes } from './modules/issuer/routes.ts';
import { addJobGrantRoutes } from './modules/job-grant/routes.ts';
import { addRuleGrantRoutes } from './modules/rule-grant/routes.ts';
import { createPasswordHasher } from './modules/sign-in/password.ts';
import { openKeyRing } from './modules/signing-key/key-ring.ts';
import { rotateKeys } from './modules/signing-key/rotate-keys.ts';
import { createSchema } from './schema.ts';
import { createServices } from './services.ts';

const NAME = 'auth';
const env = readEnvOrExit(readAuthEnv);
const logger = createLogger({ name: NAME, level: env.LOG_LEVEL });
const metrics = createMetrics(NAME);
const clock = systemClock;
const issuer = env.PUBLIC_URL;
const keySecret = env.AUTH_KEY_SECRET;

await runService(
  logger,
  async (stack, stopping) => {
    stack.use(await startTelemetry({ name: NAME, endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, logger }));
    const database = stack.use(
      openAuthDatabase(env.DATABASE_URL, logger, { poolSize: env.DATABASE_POOL_SIZE, metrics }),
    );
    const { epochs } = stack.use(openSharedState(env, logger));
    await rotateKeys({ database, clock, keySecret });
    const keyRing = stack.use(await openKeyRing({ database, keySecret, clock, logger }));
    const passwords = createPasswordHasher();
    const accessTokenSeconds = env.ACCESS_TOKEN_SECONDS;
    const services = createServices({
      database,
      keyRing,
      epochs,
      passwords,
      clock,
      logger,
      issuer,
      accessTokenSeconds,
    });
    const { contexts, jobGrants, ruleGrants, throttle } = services;
    stack.use(startMaintenance({ database, keyRing, keySecret, throttle, clock, logger }));
    // This service issues the context tokens: it checks those of its own requests without asking itself over HTTP.
    const verifier = createContextTokenVerifier({
      audience: NAME,
      keys: keyRing.verifier('context'),
      clock,
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
        addRoutes: (app) => {
          addContextRoutes(app, { contexts, keyRing, logger });
          addSessionCheckRoute(app, { contexts, logger });
          addIssuerRoutes(app, { keyRing, issuer });
          addJobGrantRoutes(app, { jobGrants, grantSecret: env.GRANT_SECRET, logger });
          addRuleGrantRoutes(app, { ruleGrants, grantSecret: env.GRANT_SECRET, logger });
        },
      }),
    );
  },
  { drainSeconds: env.SHUTDOWN_DRAIN_SECONDS },
);
