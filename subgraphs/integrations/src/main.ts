/** The integrations service. */
import { idsOfViewer, openContextTokenVerifier } from '@flowgrid/access';
import { openOutbox, openTransport } from '@flowgrid/messaging';
import {
  OutsidePolicies,
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
import { createConnectors } from './adapters/create-connectors.ts';
import { createOutbound, toOutboundReach } from '@flowgrid/outbound';
import { openRuleGrants } from './adapters/rule-grants.ts';
import { createContextFactory } from './context.ts';
import { openIntegrationsDatabase } from './database.ts';
import { readIntegrationsEnv } from './env.ts';
import { AgentLinkService } from './modules/agent-link/agent-link-service.ts';
import { ExternalWrites } from './modules/external-write/external-writes.ts';
import { ConnectionTester } from './modules/integration/connection-test.ts';
import { AuthorizationService } from './modules/authorization/authorization-service.ts';
import { addCallbackRoute } from './modules/authorization/callback-page.ts';
import { openSignIns } from './modules/authorization/open-sign-ins.ts';
import { openSecretBox } from './modules/credential/open-secret-box.ts';
import { Connections } from './modules/connection/connections.ts';
import { withIntegrationEvents } from './modules/integration-event/announced-events.ts';
import { createEventFeed } from './modules/integration-event/event-feed.ts';
import { openInboundHooks } from './modules/inbound-hook/open-inbound-hooks.ts';
import { listIntegrationKinds } from './modules/integration/integration-kinds.ts';
import { IntegrationService } from './modules/integration/integration-service.ts';
import { StatusHistory } from './modules/integration/status-history.ts';
import { ItemQuestions } from './modules/item/item-questions.ts';
import { ItemService } from './modules/item/item-service.ts';
import { ItemWriteService } from './modules/item/item-write-service.ts';
import { RecentItemsService } from './modules/external-item/recent-items-service.ts';
import { SyncService } from './modules/sync/sync-service.ts';
import { PullRequestService } from './modules/pull-request/pull-request-service.ts';
import { openWebhooks } from './modules/webhook-delivery/open-webhooks.ts';
import { RuleService } from './modules/rule/rule-service.ts';
import { createSchema } from './schema.ts';

const NAME = 'integrations';
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
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
    const { pubsub, rateLimits } = stack.use(openSharedState(env, logger));
    const transport = stack.use(await openTransport(env, logger));
    const outbox = stack.use(
      openOutbox({ service: NAME, database, transport, announcements: pubsub, registry: metrics, logger }),
    );
    const policies = new OutsidePolicies({ logger, metrics });
    const reach = toOutboundReach(env);
    const outbound = stack.use(createOutbound({ ...reach, policies, maxResponseBytes: MAX_PAGE_BYTES }));
    // Connections keep account of their failures themselves, together with other processes.
    const forConnections = stack.use(
      createOutbound({ ...reach, policies: null, maxResponseBytes: MAX_PAGE_BYTES }),
    );
    const secretBox = stack.use(await openSecretBox(env, { database, pubsub, clock, logger })).dataKeys;
    const connectors = createConnectors();
    const announcing = withIntegrationEvents(outbox.database, { pubsub, logger });
    const signing = stack.use(openSignIns(env, { database: announcing, secretBox, clock, logger }));
    const connections = new Connections({
      database: announcing,
      secretBox,
      connectors,
      signIns: signing.signIns,
      fetch: forConnections.fetch,
      clock,
      logger,
    });
    const hooks = openInboundHooks({
      database: announcing,
      connections,
      secretBox,
      transport,
      rateLimits,
      publicUrl: env.PUBLIC_URL,
      limits: { perHook: env.HOOK_MESSAGES_PER_MINUTE, perClient: env.HOOK_CLIENT_MESSAGES_PER_MINUTE },
      clock,
      logger,
    });
    const webhooks = stack.use(
      openWebhooks({
        database: announcing,
        transport,
        pubsub,
        secretBox,
        findUrlProblem: outbound.findUrlProblem,
        clock,
        logger,
      }),
    );
    const questions = new ItemQuestions({ connections });
    const writes = new ExternalWrites({ database: announcing, clock });
    const tester = new ConnectionTester({ database: announcing, connections, clock });
    const createContext = createContextFactory({
      ...hooks.services,
      rules: new RuleService({
        database: announcing,
        grants: stack.use(openRuleGrants({ urls: env.AUTH_URL, logger })),
        clock,
      }),
      ...webhooks.services,
      integrations: new IntegrationService({
        database: announcing,
        secretBox,
        findUrlProblem: outbound.findUrlProblem,
        beforeDelete: (request, integrationId) =>
          hooks.services.inboundRegistrations.removeAll(request, { integrationId }),
        clock,
      }),
      integrationKinds: listIntegrationKinds(connectors),
      integrationEvents: stack.use(createEventFeed({ database, pubsub, logger })),
      statusHistory: new StatusHistory(database),
      connectionTester: tester,
      authorizations: new AuthorizationService({
        ...signing,
        database: announcing,
        secretBox,
        tester,
        fetch: outbound.fetch,
        publicUrl: env.PUBLIC_URL,
        clock,
      }),
      agentLinks: new AgentLinkService({ database: announcing, clock }),
      items: new ItemService(questions),
      itemWrites: new ItemWriteService({ database: announcing, questions, writes, clock }),
      recentItems: new RecentItemsService(database),
      syncs: new SyncService({ database: announcing, clock }),
      pullRequests: new PullRequestService({ database: announcing, connections, clock }),
    });
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
        createContext,
        addRoutes: (app) => {
          hooks.addRoutes(app);
          addCallbackRoute(app);
        },
      }),
    );
  },
  { drainSeconds: env.SHUTDOWN_DRAIN_SECONDS },
);
