/** What the service does, put together: connections, hooks, webhooks, and the services behind the resolvers. */
import type { Outbox, Transport } from '@flowgrid/messaging';
import type { Clock, Logger, Registry } from '@flowgrid/platform';
import type { SharedState } from '@flowgrid/shared-state';
import { openRuleGrants } from './adapters/rule-grants.ts';
import { AgentLinkService } from './modules/agent-link/agent-link-service.ts';
import { ExternalWrites } from './modules/external-write/external-writes.ts';
import { ConnectionTester } from './modules/integration/connection-test.ts';
import { AuthorizationService } from './modules/authorization/authorization-service.ts';
import { addCallbackRoute } from './modules/authorization/callback-page.ts';
import { withIntegrationEvents } from './modules/integration-event/announced-events.ts';
import { createEventFeed } from './modules/integration-event/event-feed.ts';
import { openInboundHooks, type InboundHookServices } from './modules/inbound-hook/open-inbound-hooks.ts';
import { listIntegrationKinds } from './modules/integration/integration-kinds.ts';
import { IntegrationService } from './modules/integration/integration-service.ts';
import { StatusHistory } from './modules/integration/status-history.ts';
import { ItemQuestions } from './modules/item/item-questions.ts';
import { ItemService } from './modules/item/item-service.ts';
import { ItemWriteService } from './modules/item/item-write-service.ts';
import { RecentItemsService } from './modules/external-item/recent-items-service.ts';
import { SyncService } from './modules/sync/sync-service.ts';
import { PullRequestService } from './modules/pull-request/pull-request-service.ts';
import { openWebhooks, type WebhookServices } from './modules/webhook-delivery/open-webhooks.ts';
import { RuleService } from './modules/rule/rule-service.ts';
import type { FastifyInstance } from 'fastify';
import type { Services } from './context.ts';
import type { IntegrationsDatabase } from './database.ts';
import type { readIntegrationsEnv } from './env.ts';
import { openConnections, type OpenedConnections } from './open-connections.ts';

export interface ServiceParts {
  readonly env: ReturnType<typeof readIntegrationsEnv>;
  readonly outbox: Outbox<IntegrationsDatabase>;
  readonly transport: Transport;
  readonly shared: Pick<SharedState, 'pubsub' | 'rateLimits'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface OpenedServices {
  readonly services: Services;
  readonly addRoutes: (app: FastifyInstance) => void;
}

/** Everything that is opened goes to the stack. */
export async function openServices(
  stack: AsyncDisposableStack,
  parts: ServiceParts,
): Promise<OpenedServices> {
  const { env, outbox, transport, clock, logger, metrics } = parts;
  const { pubsub, rateLimits } = parts.shared;
  const database = withIntegrationEvents(outbox.database, { pubsub, logger });
  const opened = await openConnections(stack, { env, database, pubsub, clock, logger, metrics });
  const { connections, outbound } = opened;
  const { dataKeys } = opened.secretBox;
  const hooks = openInboundHooks({
    database,
    connections,
    secretBox: dataKeys,
    transport,
    rateLimits,
    publicUrl: env.PUBLIC_URL,
    limits: { perHook: env.HOOK_MESSAGES_PER_MINUTE, perClient: env.HOOK_CLIENT_MESSAGES_PER_MINUTE },
    clock,
    logger,
  });
  const webhooks = stack.use(
    openWebhooks({
      database,
      transport,
      pubsub,
      secretBox: dataKeys,
      findUrlProblem: outbound.findUrlProblem,
      clock,
      logger,
    }),
  );
  const services: Services = {
    ...hooks.services,
    ...webhooks.services,
    ...createServices({ database, opened, hooks, publicUrl: env.PUBLIC_URL, clock }),
    rules: new RuleService({
      database,
      grants: stack.use(openRuleGrants({ urls: env.AUTH_URL, logger })),
      clock,
    }),
    integrationEvents: stack.use(createEventFeed({ database, pubsub, logger })),
  };
  return {
    services,
    addRoutes: (app) => {
      hooks.addRoutes(app);
      addCallbackRoute(app);
    },
  };
}

/** Those that own nothing which has to be closed. */
function createServices(parts: {
  readonly database: IntegrationsDatabase;
  readonly opened: OpenedConnections;
  readonly hooks: ReturnType<typeof openInboundHooks>;
  readonly publicUrl: string;
  readonly clock: Clock;
}): Omit<Services, keyof InboundHookServices | keyof WebhookServices | 'rules' | 'integrationEvents'> {
  const { database, hooks, publicUrl, clock } = parts;
  const { connections, connectors, outbound, signing } = parts.opened;
  const { dataKeys } = parts.opened.secretBox;
  const questions = new ItemQuestions({ connections });
  const writes = new ExternalWrites({ database, clock });
  const tester = new ConnectionTester({ database, connections, clock });
  return {
    integrations: new IntegrationService({
      database,
      secretBox: dataKeys,
      findUrlProblem: outbound.findUrlProblem,
      beforeDelete: (request, integrationId) =>
        hooks.services.inboundRegistrations.removeAll(request, { integrationId }),
      clock,
    }),
    integrationKinds: listIntegrationKinds(connectors),
    statusHistory: new StatusHistory(database),
    connectionTester: tester,
    authorizations: new AuthorizationService({
      ...signing,
      database,
      secretBox: dataKeys,
      tester,
      fetch: outbound.fetch,
      publicUrl,
      clock,
    }),
    agentLinks: new AgentLinkService({ database, clock }),
    items: new ItemService(questions),
    itemWrites: new ItemWriteService({ database, questions, writes, clock }),
    recentItems: new RecentItemsService(database),
    syncs: new SyncService({ database, clock }),
    pullRequests: new PullRequestService({ database, connections, clock }),
  };
}
