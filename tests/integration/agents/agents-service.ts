/** The agents service alone, on a database of its own, and a client for each role of a fresh tenant. */
import type { Agent, Mutation, Query } from '../../../subgraphs/agents/src/generated/graphql.ts';
import { Client } from 'pg';
import { newId } from '@flowgrid/platform';
import { ROLE_PERMISSIONS, type Actor, type BuiltInRole, type Permission } from '@flowgrid/access';
import { startContextIssuer } from '../../testkit/context-issuer.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { postGraphQL, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { createPlatform } from '../../testkit/platform.ts';

export interface AgentsService extends AsyncDisposable {
  readonly url: string;
  readonly database: TestDatabase;
  /** A client with a built-in role in a tenant; a fresh tenant when none is given. */
  client(role: BuiltInRole, tenantId?: string): Promise<AgentsClient>;
  /** Reads behind row level security. */
  rows(sql: string, values?: readonly unknown[]): Promise<readonly unknown[]>;
  /** A client with any actor and permissions. */
  clientOf(options: ClientOptions): Promise<AgentsClient>;
}

export interface ClientOptions {
  readonly tenantId: string;
  readonly permissions: readonly Permission[];
  readonly actor: Actor;
}

export interface AgentsClient {
  readonly tenantId: string;
  readonly userId: string;
  send(query: string, variables?: Readonly<Record<string, unknown>>): Promise<GraphQLAnswer>;
  /** The data of an answer that must be without errors. */
  data(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answered<Query & Mutation>>;
}

/** What a test asked for and knows to be there: without the nulls of the schema. */
export type Answered<Type> = Type extends Date
  ? string
  : Type extends object
    ? { readonly [Name in keyof Type]-?: Answered<NonNullable<Type[Name]>> }
    : Type;

export async function startAgentsService(env: Readonly<Record<string, string>> = {}): Promise<AgentsService> {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const issuer = stack.use(await startContextIssuer());
  const platform = stack.use(
    await createPlatform({ database, env: { agents: { AUTH_URL: issuer.url, ...env } } }),
  );
  const { url } = await platform.start('agents');
  const clientOf = async ({ tenantId, permissions, actor }: ClientOptions): Promise<AgentsClient> => {
    const token = await issuer.sign(
      { kind: 'tenant', tenantId, actor, permissions, sessionId: null },
      'agents',
    );
    const send: AgentsClient['send'] = (query, variables) =>
      postGraphQL(`${url}/graphql`, { query, variables }, token);
    return {
      tenantId,
      userId: actor.userId ?? '',
      send,
      data: async (query, variables) => {
        const answer = await send(query, variables);
        if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
        return answer.data as Answered<Query & Mutation>;
      },
    };
  };
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  return {
    url,
    database,
    rows: async (sql, values = []) => (await superuser.query<object>(sql, [...values])).rows,
    clientOf,
    client: (role, tenantId = newId()) => {
      const userId = newId();
      const actor = { kind: 'USER', id: userId, name: `${role} of the test`, userId } as const;
      return clientOf({ tenantId, permissions: ROLE_PERMISSIONS[role], actor });
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const AGENT_FIELDS = `
  id slug name description status tags metadata revision owner { id } createdBy { id } createdAt updatedAt
  draft { ...version } publishedVersion { number } environments { name version { number } publishedBy { kind name } }`;

const VERSION_FRAGMENT = `
  fragment version on AgentVersion {
    id number digest note parentNumber restoredFrom author { kind id name user { id } } createdAt
    definition {
      instructions model { provider name temperature maxOutputTokens }
      tools { name description inputSchema outputSchema integrationKind requiresApproval }
      skills { id name description tags examples } guardrails { id kind description } inputModes outputModes settings
    }
  }`;

const payload = (mutation: string): string => `
  mutation Run($input: ${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!) {
    ${mutation}(input: $input) { agent { ${AGENT_FIELDS} } errors { code path message } }
  }
  ${VERSION_FRAGMENT}`;

export const CREATE = payload('createAgent');
export const UPDATE = payload('updateAgent');
export const PUBLISH = payload('publishAgent');
export const RESTORE = payload('restoreAgentVersion');
export const ARCHIVE = payload('archiveAgent');
export const UNARCHIVE = payload('unarchiveAgent');
export const DELETE = `mutation Run($input: DeleteAgentInput!) {
  deleteAgent(input: $input) { deletedAgentId errors { code path message } }
}`;
export const AGENT = `query Read($id: ID, $slug: String) { agent(id: $id, slug: $slug) { ${AGENT_FIELDS} } } ${VERSION_FRAGMENT}`;

/** Code and path of each payload error. */
export function errorsOf(payload: {
  readonly errors: readonly { code: string; path: readonly string[] }[];
}): readonly string[] {
  return payload.errors.map(({ code, path }) => `${code} ${path.join('.')}`);
}

export async function createAgent(
  client: AgentsClient,
  input: Readonly<Record<string, unknown>> = {},
): Promise<Answered<Agent>> {
  const { createAgent: created } = await client.data(CREATE, { input: { name: 'Claims triage', ...input } });
  if (created.agent === null) throw new Error(JSON.stringify(created.errors));
  return created.agent;
}

/** A definition with a value in every field. */
export function wholeDefinition() {
  return {
    instructions: '# Triage\n\nSort the claims.',
    model: { provider: 'openai', name: 'gpt-5', temperature: 0.2, maxOutputTokens: 2000 },
    tools: [
      {
        name: 'openTicket',
        description: 'Opens a ticket.',
        inputSchema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
        outputSchema: null,
        integrationKind: 'JIRA',
        requiresApproval: true,
      },
    ],
    skills: [{ id: 'sort', name: 'Sort', description: 'Sorts.', tags: ['x'], examples: ['Sort this'] }],
    guardrails: [{ id: 'limit', kind: 'THRESHOLD', description: 'Below 1,000 only.' }],
    inputModes: ['text/plain', 'application/json'],
    outputModes: ['text/plain'],
    settings: { nested: { list: [1, 2.5, null, true] } },
  };
}
