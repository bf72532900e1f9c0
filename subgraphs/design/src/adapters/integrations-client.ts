/** What a tenant has connected, and what is in it, through the integrations subgraph. */
import { z } from 'zod';
import type { IntegrationKind } from '../modules/definition/agent-definition.ts';
import { SourceProblem, type ItemText } from '../modules/intake/collect-sources.ts';
import type { ItemReference } from '../modules/intake/design-context.ts';
import type { CallOptions } from './agents-client.ts';
import { callGraphQL } from './graphql-call.ts';
import { OutsideError, type ServiceClient } from './outside-call.ts';

export interface IntegrationsClient {
  /** Each kind once. @throws OutsideError. */
  listKinds(options: {
    readonly token: string;
    readonly signal: AbortSignal;
  }): Promise<readonly IntegrationKind[]>;
  /** A ticket or an issue; null when there is none. @throws OutsideError, SourceProblem with what the other system said. */
  readItem(item: ItemReference, options: CallOptions): Promise<ItemText | null>;
}

const LIST = 'query DesignContextIntegrations { integrations { kind } }';
const schema = z.object({
  integrations: z.array(z.object({ kind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW']) })),
});

const READ = `query DesignContextItem($id: ID!, $key: String!) {
  integration(id: $id) { item(key: $key) { key title body } } }`;
const itemSchema = z.object({ key: z.string(), title: z.string(), body: z.string() });
const readSchema = z.object({ integration: z.object({ item: itemSchema.nullable() }).nullable() });

/** The integrations service answers, and the system behind it does not give the item. */
const CONFLICT = 'CONFLICT';

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
        schema: readSchema,
      };
      try {
        const { integration } = await callGraphQL({ ...call, ...options });
        return integration?.item ?? null;
      } catch (error) {
        if (!(error instanceof OutsideError) || error.cause !== CONFLICT) throw error;
        const [, reason = ''] = error.message.split(`${CONFLICT}: `);
        throw new SourceProblem('SOURCE_UNREADABLE', `"${key}" cannot be read. ${reason}`, true);
      }
    },
  };
}
