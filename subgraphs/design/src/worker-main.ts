/** The design worker: works on design jobs and serves its health. */
import { createOutboxAnnouncer, openTransport, withOutbox } from '@flowgrid/messaging';
import { openSharedState } from '@flowgrid/shared-state';
import {
  OutsidePolicies,
  createHttpServer,
  createLogger,
  createMetrics,
  listen,
  readEnvOrExit,
  runService,
  startTelemetry,
  systemClock,
  toHttpOptions,
  type ServiceUrls,
} from '@flowgrid/platform';
import { createAgentsClient } from './adapters/agents-client.ts';
import { createAiFromEnv } from './adapters/ai/ai-from-env.ts';
import { createGrants } from './adapters/grants.ts';
import { createIntegrationsClient } from './adapters/integrations-client.ts';
import { openService, type ServiceClient } from './adapters/outside-call.ts';
import { createThreadAnalyzer } from './adapters/thread-analyzer.ts';
import { createAnnouncer } from './announce.ts';
import { openDesignDatabase } from './database.ts';
import { createDesignEngine } from './engine/create-design-engine.ts';
import { readWorkerEnv } from './env.ts';
import { collectSources } from './modules/intake/collect-sources.ts';
import { createAiAccounts, createEngineSettings } from './modules/ai-usage/ai-accounts.ts';
import { createArchimateWorkshop } from './modules/archimate/thread/archimate-workshop.ts';
import { createKnownAgents } from './modules/known-agent/known-agent-store.ts';
import { startDesignWorker } from './workers/design-worker.ts';

const NAME = 'design-worker';
const env = readEnvOrExit(readWorkerEnv);
const logger = createLogger({ name: NAME, level: env.LOG_LEVEL });
const metrics = createMetrics(NAME);

// Nobody sends requests to a worker, so nothing is drained: at the signal its jobs go to others at once.
await runService(logger, async (stack, stopping) => {
  stack.use(await startTelemetry({ name: NAME, endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, logger }));
  const database = stack.use(
    openDesignDatabase(env.DATABASE_URL, logger, { poolSize: env.DATABASE_POOL_SIZE, metrics }),
  );
  const { pubsub } = stack.use(openSharedState(env, logger));
  const policies = new OutsidePolicies({ logger, metrics });
  const open = (service: string, urls: ServiceUrls): ServiceClient =>
    stack.use(openService({ service, urls, policies, logger }));
  const analyzer = stack.use(createThreadAnalyzer());
  // A view of a thousand elements takes a while.
  const archimate = stack.use(createArchimateWorkshop({ limitMs: 60_000, waiting: env.CONCURRENCY }));
  const clock = systemClock;
  const accounts = createAiAccounts({ database, clock, defaultBudgetUsd: env.AI_MONTHLY_BUDGET_USD });
  const ai = createAiFromEnv(env, { accounts, policies, clock, logger, metrics });
  const http = {
    name: NAME,
    ...toHttpOptions(env),
    stopping,
    metrics,
    logger,
    checkReady: database.checkReady,
  };
  stack.use(await listen(createHttpServer(http), http));
  const transport = stack.use(await openTransport(env, logger));
  // The design service hands over what is written here.
  const announceOutbox = createOutboxAnnouncer({ service: 'design', announcements: pubsub, logger });
  stack.use(
    startDesignWorker({
      database: withOutbox(database, announceOutbox),
      transport,
      pubsub,
      announce: createAnnouncer(pubsub, logger),
      clock,
      logger,
      tools: {
        knownAgents: createKnownAgents(database),
        agents: createAgentsClient(open('agents', env.AGENTS_URL)),
        integrations: createIntegrationsClient(open('integrations', env.INTEGRATIONS_URL)),
        grants: createGrants({ client: open('auth', env.AUTH_URL), secret: env.GRANT_SECRET }),
        collectSources: (request) => collectSources(database, request),
        engine: createDesignEngine({ analyzer, ai, settings: createEngineSettings(database) }),
        archimate,
        defaultModel: { provider: env.DEFAULT_MODEL_PROVIDER, name: env.DEFAULT_MODEL_NAME },
      },
      concurrency: env.CONCURRENCY,
      leaseSeconds: env.LEASE_SECONDS,
    }),
  );
});
