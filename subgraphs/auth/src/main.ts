/** The auth service: composition root. */
import { createContextTokenVerifier } from '@flowgrid/access';
import { createPostgresPubSub } from '@flowgrid/messaging';
import {
  createLogger,
  readEnvOrExit,
  runService,
  startSubgraphServer,
  systemClock,
} from '@flowgrid/platform';
import { createContext, type Services } from './context.ts';
import { openAuthDatabase } from './database.ts';
import { readAuthEnv } from './env.ts';
import { startMaintenance } from './maintenance.ts';
import { ContextService } from './modules/context/context-service.ts';
import { addContextRoutes } from './modules/context/routes.ts';
import { addIssuerRoutes } from './modules/issuer/routes.ts';
import { JobGrantService } from './modules/job-grant/job-grant-service.ts';
import { addJobGrantRoutes } from './modules/job-grant/routes.ts';
import { createRevocations } from './modules/session/revocations.ts';
import { SessionService } from './modules/session/session-service.ts';
import { createPasswordHasher } from './modules/sign-in/password.ts';
import { SignInService } from './modules/sign-in/sign-in-service.ts';
import { createSignInThrottle } from './modules/sign-in/sign-in-throttle.ts';
import { openKeyRing } from './modules/signing-key/key-ring.ts';
import { rotateKeys } from './modules/signing-key/rotate-keys.ts';
import { UserService } from './modules/user/user-service.ts';
import { ViewerService } from './modules/viewer/viewer-service.ts';
import { createSchema } from './schema.ts';

const env = readEnvOrExit(readAuthEnv);
const logger = createLogger({ name: 'auth', level: env.LOG_LEVEL });
const clock = systemClock;
const issuer = env.PUBLIC_URL;
const keySecret = env.AUTH_KEY_SECRET;

await runService(logger, async (stack) => {
  const database = stack.use(
    openAuthDatabase(env.DATABASE_URL, (error) => logger.warn({ err: error }, 'a database connection broke')),
  );
  const pubSub = stack.use(createPostgresPubSub({ url: env.PUBSUB_URL ?? env.DATABASE_URL, logger }));
  await rotateKeys({ database, clock, keySecret });
  const keyRing = stack.use(await openKeyRing({ database, keySecret, clock, logger }));
  const throttle = createSignInThrottle({ database, clock });
  stack.use(startMaintenance({ database, keyRing, keySecret, throttle, clock, logger }));

  const sessions = new SessionService({
    database,
    keyRing,
    revocations: createRevocations(pubSub, logger),
    clock,
    issuer,
    accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
  });
  const services: Services = {
    sessions,
    signIn: new SignInService({ database, sessions, passwords: createPasswordHasher(), throttle, clock }),
    users: new UserService(database),
    viewers: new ViewerService(database),
  };
  const contexts = new ContextService({ database, keyRing, clock, logger, issuer });
  const jobGrants = new JobGrantService({ database, keyRing, clock });
  // This service issues the context tokens: it checks those of its own requests without asking itself over HTTP.
  const verifier = createContextTokenVerifier({ audience: 'auth', keys: keyRing.verifier('context'), clock });

  stack.use(
    await startSubgraphServer({
      name: 'auth',
      host: env.HOST,
      port: env.PORT,
      logger,
      schema: createSchema(),
      checkReady: database.checkReady,
      authenticate: verifier.authenticate,
      createContext: (facts) => createContext(services, facts),
      addRoutes: (app) => {
        addContextRoutes(app, { contexts, keyRing, logger });
        addIssuerRoutes(app, { keyRing, issuer });
        addJobGrantRoutes(app, { jobGrants, grantSecret: env.GRANT_SECRET, logger });
      },
    }),
  );
});
