/** What resolvers get: the request, the services, and loaders that batch within it. */
import DataLoader from 'dataloader';
import type { ServiceRequest, Viewer } from '@flowgrid/access';
import type { Connection, RequestFacts } from '@flowgrid/platform';
import type { ExternalItem } from './adapters/external-item.ts';
import type { AgentLinkService } from './modules/agent-link/agent-link-service.ts';
import type { AuthorizationService, SignInState } from './modules/authorization/authorization-service.ts';
import type { RecentItemsKey, RecentItemsService } from './modules/external-item/recent-items-service.ts';
import type { InboundRegistration } from './modules/inbound-hook/inbound-hook.ts';
import type { InboundHookServices } from './modules/inbound-hook/open-inbound-hooks.ts';
import type { EventFeed } from './modules/integration-event/event-feed.ts';
import type { ConnectionTester } from './modules/integration/connection-test.ts';
import type { IntegrationKindFacts } from './modules/integration/integration-kinds.ts';
import type { IntegrationService } from './modules/integration/integration-service.ts';
import type { Integration } from './modules/integration/integration.ts';
import type { StatusHistory } from './modules/integration/status-history.ts';
import type { ItemService } from './modules/item/item-service.ts';
import type { RuleService } from './modules/rule/rule-service.ts';
import type { ItemWriteService } from './modules/item/item-write-service.ts';
import type { SyncService } from './modules/sync/sync-service.ts';
import type { Sync } from './modules/sync/sync.ts';
import type { WebhookServices } from './modules/webhook-delivery/open-webhooks.ts';
import type { PullRequestService } from './modules/pull-request/pull-request-service.ts';

export interface Services extends InboundHookServices, WebhookServices {
  readonly integrations: IntegrationService;
  readonly integrationKinds: readonly IntegrationKindFacts[];
  readonly integrationEvents: EventFeed;
  readonly statusHistory: StatusHistory;
  readonly connectionTester: ConnectionTester;
  readonly agentLinks: AgentLinkService;
  readonly authorizations: AuthorizationService;
  readonly items: ItemService;
  readonly rules: RuleService;
  readonly itemWrites: ItemWriteService;
  readonly recentItems: RecentItemsService;
  readonly syncs: SyncService;
  readonly pullRequests: PullRequestService;
}

export interface Context {
  readonly request: ServiceRequest;
  readonly services: Services;
  readonly loaders: {
    readonly integration: DataLoader<string, Integration | null>;
    readonly integrationsOfAgent: DataLoader<string, readonly Integration[]>;
    readonly signInOfIntegration: DataLoader<string, SignInState | null>;
    readonly recentItemsOfAgent: DataLoader<RecentItemsKey, Connection<ExternalItem>, string>;
    readonly syncsOfIntegration: DataLoader<string, readonly Sync[]>;
    readonly webhookBody: DataLoader<string, string | null>;
    readonly registrationsOfHook: DataLoader<string, readonly InboundRegistration[]>;
  };
}

/** Loaders live as long as one request: what one viewer may see is never kept for another. */
export function createContextFactory(services: Services): (facts: RequestFacts<Viewer>) => Context {
  return ({ viewer, requestId }) => {
    const request = { viewer, requestId };
    return {
      request,
      services,
      loaders: {
        integration: new DataLoader(async (ids) => {
          const found = await services.integrations.listByIds(request, ids);
          const byId = new Map(found.map((integration) => [integration.id, integration]));
          return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
        }),
        integrationsOfAgent: new DataLoader((ids) => services.agentLinks.listByAgents(request, ids)),
        signInOfIntegration: new DataLoader((ids) => services.authorizations.listSignIns(request, ids)),
        recentItemsOfAgent: new DataLoader((keys) => services.recentItems.listByAgents(request, keys), {
          cacheKeyFn: ({ agentId, first, after }) => JSON.stringify([agentId, first, after]),
        }),
        syncsOfIntegration: new DataLoader((ids) => services.syncs.listByIntegrations(request, ids)),
        webhookBody: new DataLoader((ids) => services.webhookDeliveries.bodies(request, ids)),
        registrationsOfHook: new DataLoader(async (ids) => {
          const found = await services.inboundRegistrations.list(request, ids);
          return ids.map((id) => found.filter(({ hookId }) => hookId === id));
        }),
      },
    };
  };
}
