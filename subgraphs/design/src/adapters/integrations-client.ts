/** Which kinds of systems a tenant has connected, through the integrations subgraph. */
import { z } from 'zod';
import type { IntegrationKind } from '../modules/definition/agent-definition.ts';
import { callGraphQL } from './graphql-call.ts';
import type { ServiceClient } from './outside-call.ts';

export interface IntegrationsClient {
  /** Each kind once. @throws OutsideError. */
  listKinds(options: {
    readonly token: string;
    readonly signal: AbortSignal;
  }): Promise<readonly IntegrationKind[]>;
}

const LIST = 'query DesignContextIntegrations { integrations { kind } }';
const schema = z.object({
  integrations: z.array(z.object({ kind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW']) })),
});

export function createIntegrationsClient(client: ServiceClient): IntegrationsClient {
  return {
    listKinds: async (options) => {
      const call = { service: 'integrations', client, query: LIST, variables: {}, schema };
      const { integrations } = await callGraphQL({ ...call, ...options });
      return [...new Set(integrations.map(({ kind }) => kind))];
    },
  };
}
