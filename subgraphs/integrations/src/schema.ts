import type { GraphQLSchema } from 'graphql';
import { buildSchema } from '@flowgrid/platform';
import { resolvers as agentLinkResolvers } from './modules/agent-link/resolvers.ts';
import { resolvers as authorizationResolvers } from './modules/authorization/resolvers.ts';
import { resolvers as inboundHookResolvers } from './modules/inbound-hook/resolvers.ts';
import { resolvers as integrationEventResolvers } from './modules/integration-event/resolvers.ts';
import { resolvers as integrationResolvers } from './modules/integration/resolvers.ts';
import { resolvers as externalItemResolvers } from './modules/external-item/resolvers.ts';
import { resolvers as itemResolvers } from './modules/item/resolvers.ts';
import { resolvers as ruleResolvers } from './modules/rule/resolvers.ts';
import { resolvers as syncResolvers } from './modules/sync/resolvers.ts';
import { resolvers as webhookDeliveryResolvers } from './modules/webhook-delivery/resolvers.ts';
import { resolvers as webhookEndpointResolvers } from './modules/webhook-endpoint/resolvers.ts';
import { resolvers as pullRequestResolvers } from './modules/pull-request/resolvers.ts';

export function createSchema(): GraphQLSchema {
  return buildSchema(new URL('schema.graphql', import.meta.url), [
    {
      typeDefs: new URL('modules/integration/integration.graphql', import.meta.url),
      resolvers: integrationResolvers,
    },
    {
      typeDefs: new URL('modules/integration-event/integration-event.graphql', import.meta.url),
      resolvers: integrationEventResolvers,
    },
    {
      typeDefs: new URL('modules/inbound-hook/inbound-hook.graphql', import.meta.url),
      resolvers: inboundHookResolvers,
    },
    {
      typeDefs: new URL('modules/authorization/authorization.graphql', import.meta.url),
      resolvers: authorizationResolvers,
    },
    {
      typeDefs: new URL('modules/rule/integration-rule.graphql', import.meta.url),
      resolvers: ruleResolvers,
    },
    {
      typeDefs: new URL('modules/item/item.graphql', import.meta.url),
      resolvers: itemResolvers,
    },
    {
      typeDefs: new URL('modules/pull-request/pull-request.graphql', import.meta.url),
      resolvers: pullRequestResolvers,
    },
    {
      typeDefs: new URL('modules/external-item/external-item.graphql', import.meta.url),
      resolvers: externalItemResolvers,
    },
    {
      typeDefs: new URL('modules/sync/sync.graphql', import.meta.url),
      resolvers: syncResolvers,
    },
    {
      typeDefs: new URL('modules/webhook-endpoint/webhook-endpoint.graphql', import.meta.url),
      resolvers: webhookEndpointResolvers,
    },
    {
      typeDefs: new URL('modules/webhook-delivery/webhook-delivery.graphql', import.meta.url),
      resolvers: webhookDeliveryResolvers,
    },
    {
      typeDefs: new URL('modules/agent-link/agent-link.graphql', import.meta.url),
      resolvers: agentLinkResolvers,
    },
  ]);
}
