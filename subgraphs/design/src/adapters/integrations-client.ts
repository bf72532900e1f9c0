/** What a tenant has connected, and what is in it, through the integrations subgraph. */
import { z } from 'zod';
import type { IntegrationKind } from '../modules/definition/agent-definition.ts';
import type { ItemText } from '../modules/intake/collect-sources.ts';
import type { ItemReference } from '../modules/intake/design-context.ts';
import type { CallOptions } from './agents-client.ts';
import { callGraphQL } from './graphql-call.ts';
import type { ServiceClient } from './outside-call.ts';

export interface IntegrationsClient {
  /** Each kind once. @throws OutsideError. */
  listKinds(options: {
    readonly token: string;
    readonly signal: AbortSignal;
  }): Promise<readonly IntegrationKind[]>;
  /** A ticket or an issue; null when there is none. @throws OutsideError. */
  readItem(item: ItemReference, options: CallOptions): Promise<ItemText | null>;
}

const LIST = 'query DesignContextIntegrations { integrations { kind } }';
const schema = z.object({
  integrations: z.array(z.object({ kind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW']) })),
});

const READ = `query DesignContextItem($id: ID!, $key: String!) {
  integration(id: $id) { items(search: $key, first: 20) { edges { node { key title body } } } } }`;
const itemSchema = z.object({ key: z.string(), title: z.string(), body: z.string().nullable() });
const itemsSchema = z.object({
  integration: z
    .object({ items: z.object({ edges: z.array(z.object({ node: itemSchema })) }).nullable() })
    .nullable(),
});

export function createIntegrationsClient(client: ServiceClient): IntegrationsClient {
  return {
    listKinds: async (options) => {
      const call = { service: 'integrations', client, query: LIST, variables: {}, schema };
      const { integrations } = await callGraphQL({ ...call, ...options });
      return [...new Set(integrations.map(({ kind }) => kind))];
    },
    readItem: async ({ integrationId: id, key }, options) => {
      const call = {
        service: 'integrations',
        client,
        query: READ,
        variables: { id, key },
        schema: itemsSchema,
      };
      const { integration } = await callGraphQL({ ...call, ...options });
      // A search finds similar keys as well.
      const found = integration?.items?.edges.find(
        ({ node }) => node.key.toLowerCase() === key.toLowerCase(),
      );
      return found === undefined ? null : { ...found.node, body: found.node.body ?? '' };
    },
  };
}
