/** The agents service. */
import { CONTEXT_KEYS_PATH, createContextTokenVerifier, followRemoteKeys } from '@flowgrid/access';
import { createDatabase } from '@flowgrid/db';
import {
  createLogger,
  readEnvOrExit,
  runService,
  startSubgraphServer,
  systemClock,
} from '@flowgrid/platform';
import { createContext } from './context.ts';
import { readAgentsEnv } from './env.ts';
import { PrismaClient, type Prisma } from './generated/prisma/client.ts';
import { defaultDefinition } from './modules/definition/snapshot.ts';
import { createSchema } from './schema.ts';
import { createServices } from './services.ts';

const NAME = 'agents';

const env = readEnvOrExit(readAgentsEnv);
const logger = createLogger({ name: NAME, level: env.LOG_LEVEL });

await runService(logger, async (stack) => {
  const database = stack.use(
    createDatabase<PrismaClient, Prisma.TransactionClient>({
      url: env.DATABASE_URL,
      schema: NAME,
      createClient: (adapter) => new PrismaClient({ adapter }),
      onConnectionError: (error) => logger.warn({ err: error }, 'a database connection broke'),
    }),
  );
  const remoteKeys = stack.use(followRemoteKeys(new URL(CONTEXT_KEYS_PATH, env.AUTH_URL), logger));
  const verifier = createContextTokenVerifier({ audience: NAME, keys: remoteKeys.keys, clock: systemClock });
  const services = createServices({
    database,
    clock: systemClock,
    defaultDefinition: defaultDefinition({
      provider: env.DEFAULT_MODEL_PROVIDER,
      name: env.DEFAULT_MODEL_NAME,
    }),
  });
  stack.use(
    await startSubgraphServer({
      name: NAME,
      host: env.HOST,
      port: env.PORT,
      logger,
      schema: createSchema(),
      checkReady: database.checkReady,
      authenticate: verifier.authenticate,
      createContext: (facts) => createContext(services, facts),
    }),
  );
});
