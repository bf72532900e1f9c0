/** Single agents of a tenant, as they are at the moment, through the agents subgraph. */
import { z } from 'zod';
import type { UserError } from '@flowgrid/platform';
import type { AgentDefinition } from '../modules/definition/agent-definition.ts';
import { agentDefinitionSchema } from '../modules/definition/definition-schema.ts';
import { callGraphQL, type GraphQLCall } from './graphql-call.ts';
import type { ServiceClient } from './outside-call.ts';

export interface AgentDraft {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly revision: number;
  readonly definition: AgentDefinition;
}

/** `agent` is what there is now; without errors it is what was asked for. */
export interface AgentWritten {
  readonly agent: AgentDraft | null;
  readonly errors: readonly UserError[];
}

export interface AgentToCreate {
  readonly id: string;
  readonly name: string;
  readonly slug: string | null;
  readonly description: string;
  readonly definition: AgentDefinition;
  readonly note: string;
}

export interface AgentToUpdate {
  readonly id: string;
  readonly expectedRevision: number;
  readonly definition: AgentDefinition;
  readonly note: string;
}

/** Who calls, and until when. */
export interface CallOptions {
  /** A context token of the agents subgraph. */
  readonly token: string;
  readonly signal: AbortSignal;
}

/** Every method throws `OutsideError`. */
export interface AgentsClient {
  find(id: string, options: CallOptions): Promise<AgentDraft | null>;
  /** Safe to repeat: the id decides. */
  create(agent: AgentToCreate, options: CallOptions): Promise<AgentWritten>;
  update(agent: AgentToUpdate, options: CallOptions): Promise<AgentWritten>;
}

const DEFINITION = `definition { instructions inputModes outputModes settings
  model { provider name temperature maxOutputTokens }
  tools { name description inputSchema outputSchema integrationKind requiresApproval }
  skills { id name description tags examples }
  guardrails { id kind description } }`;
const DRAFT = `id name slug revision draft { ${DEFINITION} }`;

const FIND = `query DesignBaseAgent($id: ID!) { agent(id: $id) { ${DRAFT} } }`;
const CREATE = `mutation AcceptDesignCreate($input: CreateAgentInput!) {
  createAgent(input: $input) { agent { ${DRAFT} } errors { code message path } } }`;
const UPDATE = `mutation AcceptDesignUpdate($input: UpdateAgentInput!) {
  updateAgent(input: $input) { agent { ${DRAFT} } errors { code message path } } }`;

const draftSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    revision: z.number(),
    draft: z.object({ definition: agentDefinitionSchema }),
  })
  .transform(({ draft, ...agent }): AgentDraft => ({ ...agent, definition: draft.definition }));
const errorsSchema = z.array(z.object({ code: z.string(), message: z.string(), path: z.array(z.string()) }));
const writtenSchema = z.object({ agent: draftSchema.nullable(), errors: errorsSchema });

export function createAgentsClient(client: ServiceClient): AgentsClient {
  const call = <Data>(
    operation: Pick<GraphQLCall<Data>, 'query' | 'variables' | 'schema'>,
    options: CallOptions,
  ): Promise<Data> => callGraphQL({ service: 'agents', client, ...operation, ...options });
  return {
    find: async (id, options) => {
      const schema = z.object({ agent: draftSchema.nullable() });
      const { agent } = await call({ query: FIND, variables: { id }, schema }, options);
      return agent;
    },
    create: async (input, options) => {
      const schema = z.object({ createAgent: writtenSchema });
      const { createAgent } = await call({ query: CREATE, variables: { input }, schema }, options);
      return createAgent;
    },
    update: async (input, options) => {
      const schema = z.object({ updateAgent: writtenSchema });
      const { updateAgent } = await call({ query: UPDATE, variables: { input }, schema }, options);
      return updateAgent;
    },
  };
}
