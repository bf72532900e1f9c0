/** The design service: GraphQL, and downloads by signed links. */
import { idsOfViewer, openContextTokenVerifier } from '@flowgrid/access';
import { openOutbox, openTransport, startConsumer, type Transport } from '@flowgrid/messaging';
import { openSharedState } from '@flowgrid/shared-state';
import {
  OutsidePolicies,
  createLogger,
  createMetrics,
  readEnvOrExit,
  runService,
  startSubgraphServer,
  startTelemetry,
  systemClock,
  toHttpOptions,
  type Clock,
  type Registry,
  type ServiceUrls,
} from '@flowgrid/platform';
import { createAgentsClient } from './adapters/agents-client.ts';
import { createGrants } from './adapters/grants.ts';
import { createPullRequestClient } from './adapters/pull-request-client.ts';
import { openService, type ServiceClient } from './adapters/outside-call.ts';
import { createThreadAnalyzer } from './adapters/thread-analyzer.ts';
import { createRuleTokens } from './adapters/rule-tokens.ts';
import { createAnnouncer } from './announce.ts';
import { createContextFactory, type Services } from './context.ts';
import { openDesignDatabase, type DesignDatabase } from './database.ts';
import { readServiceEnv } from './env.ts';
import { createAcceptanceService } from './modules/acceptance/acceptance-service.ts';
import { createArchimateServices } from './modules/archimate/archimate-services.ts';
import { createArchimateWorkshop } from './modules/archimate/thread/archimate-workshop.ts';
import { createAiUsageServices } from './modules/ai-usage/ai-usage-services.ts';
import { createArtifactLinks } from './modules/artifact/artifact-link.ts';
import { createArtifactHandler } from './modules/artifact/artifact-routes.ts';
import { createArtifactService } from './modules/artifact/artifact-service.ts';
import { createArtifactPushService } from './modules/artifact-push/artifact-push-service.ts';
import { startDesignRequests } from './modules/design-request/design-requests.ts';
import { openUploads } from './modules/intake/open-uploads.ts';
import { startJobSender } from './modules/job/job-sender.ts';
import { KNOWN_AGENTS, knownAgentHandlers } from './modules/known-agent/agent-event-handlers.ts';
import { createAnalysisService } from './modules/process-model/analysis-service.ts';
import { createProgressFeed } from './modules/progress/progress-feed.ts';
import { createRevisionService } from './modules/revision/revision-service.ts';
import { createSessionService } from './modules/session/session-service.ts';
import { createSchema } from './schema.ts';

const NAME = 'design';
/** Integrations asks GitHub many things for one pull request. */
const PUSH_TIMEOUT_MS = 9_000;
const env = readEnvOrExit(readServiceEnv);
const logger = createLogger({ name: NAME, level: env.LOG_LEVEL });
const metrics = createMetrics(NAME);

await runService(
  logger,
  async (stack, stopping) => {
    stack.use(await startTelemetry({ name: NAME, endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, logger }));
    const clock = systemClock;
    const closing = new AbortController();
    const database = stack.use(
      openDesignDatabase(env.DATABASE_URL, logger, { poolSize: env.DATABASE_POOL_SIZE, metrics }),
    );
    const { pubsub } = stack.use(openSharedState(env, logger));
    const verifier = stack.use(
      openContextTokenVerifier({ audience: NAME, authUrls: env.AUTH_URL, clock, logger }),
    );
    const open = createServiceOpener(stack);
    const analyzer = stack.use(createThreadAnalyzer());
    const workshop = stack.use(createArchimateWorkshop());
    const transport = stack.use(await openTransport(env, logger));
    const outbox = stack.use(
      openOutbox({ service: NAME, database, transport, announcements: pubsub, registry: metrics, logger }),
    );
    stack.use(startJobSender({ database, transport, pubsub, logger }));
    stack.use(followAgents({ transport, database, registry: metrics }));
    const progress = stack.use(createProgressFeed({ database, pubsub, logger }));
    const { authenticate } = verifier;
    const uploads = stack.use(openUploads({ database, authenticate, clock, logger, signal: closing.signal }));
    const links = createArtifactLinks({ secret: env.ARTIFACT_LINK_SECRET, publicUrl: env.PUBLIC_URL, clock });
    const shared = { database: outbox.database, clock, signal: closing.signal };
    const services = {
      sessions: createSessionService({ ...shared, announce: createAnnouncer(pubsub, logger) }),
      revisions: createRevisionService({ database }),
      ...createHandingOver({ ...shared, open }),
      analysis: createAnalysisService({ analyzer, signal: closing.signal }),
      archimate: createArchimateServices({ ...shared, workshop }),
      artifacts: createArtifactService({ database }),
      progress,
      ...createAiUsageServices({ database: outbox.database, clock, ...aboutAi() }),
    };
    stack.use(
      startDesignRequests({
        transport,
        database: outbox.database,
        sessions: services.sessions,
        tokens: createRuleTokens({ client: open('auth', env.AUTH_URL), secret: env.GRANT_SECRET }),
        authenticate,
        clock,
        logger,
      }),
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
        authenticate,
        idsOf: idsOfViewer,
        createContext: createContextFactory(services, links),
        addRoutes: (app) => {
          app.get('/artifacts/:id', createArtifactHandler({ database, links, authenticate }));
          uploads.addRoute(app);
        },
      }),
    );
    stack.defer(() => closing.abort(new Error('The service is stopping.')));
  },
  { drainSeconds: env.SHUTDOWN_DRAIN_SECONDS },
);

function createServiceOpener(
  stack: AsyncDisposableStack,
): (service: string, urls: ServiceUrls, tryTimeoutMs?: number) => ServiceClient {
  const policies = new OutsidePolicies({ logger, metrics });
  return (service, urls, tryTimeoutMs) =>
    stack.use(openService({ service, urls, policies, logger, ...(tryTimeoutMs && { tryTimeoutMs }) }));
}

/** What other services make of a design, in the name of its session. */
function createHandingOver(options: {
  readonly database: DesignDatabase;
  readonly clock: Clock;
  readonly open: ReturnType<typeof createServiceOpener>;
  readonly signal: AbortSignal;
}): Pick<Services, 'acceptance' | 'artifactPush'> {
  const { open, ...shared } = options;
  const grants = createGrants({ client: open('auth', env.AUTH_URL), secret: env.GRANT_SECRET });
  const agents = createAgentsClient(open('agents', env.AGENTS_URL));
  const pullRequests = createPullRequestClient(open('integrations', env.INTEGRATIONS_URL, PUSH_TIMEOUT_MS));
  return {
    acceptance: createAcceptanceService({ ...shared, grants, agents }),
    artifactPush: createArtifactPushService({ ...shared, grants, pullRequests }),
  };
}

/** What tenants can choose and spend where they have set nothing. */
function aboutAi() {
  return {
    defaultBudgetUsd: env.AI_MONTHLY_BUDGET_USD,
    providers: env.AI_PROVIDERS,
    models: { anthropic: env.ANTHROPIC_MODEL, openai: env.OPENAI_MODEL },
  };
}

/** Keeps the read model of the tenants' agents up to date. */
function followAgents(options: {
  readonly transport: Transport;
  readonly database: DesignDatabase;
  readonly registry: Registry;
}): AsyncDisposable {
  const source = { subscription: KNOWN_AGENTS } as const;
  return startConsumer({ ...options, source, name: KNOWN_AGENTS, handlers: knownAgentHandlers, logger });
}
