/**
 * Creates the demo agents through a router, as a client: `node prisma/seed.ts http://127.0.0.1:4000/graphql`.
 *
 * The tenants and users of demo-tenants.json exist already. What an earlier run made is left as it is, so that a run that
 * was cut short can be repeated.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acmeAgents } from './demo/acme-agents.ts';
import type { DemoAgent } from './demo/demo-agent.ts';
import { globexAgents } from './demo/globex-agents.ts';
import type { RouterClient } from './demo/router-client.ts';
import { createRouterClient, mutate, toRecord } from './demo/router-client.ts';

const AGENTS: Readonly<Record<string, readonly DemoAgent[]>> = { acme: acmeAgents, globex: globexAgents };

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken errors { code message path } }
}`;
const FIND_AGENT = `query FindAgent($id: ID!) {
  agent(id: $id) { revision draft { number } publishedVersion { number } }
}`;
const CREATE_AGENT = `mutation CreateAgent($input: CreateAgentInput!) {
  createAgent(input: $input) { agent { revision } errors { code message path } }
}`;
const UPDATE_AGENT = `mutation UpdateAgent($input: UpdateAgentInput!) {
  updateAgent(input: $input) { agent { revision } errors { code message path } }
}`;
const PUBLISH_AGENT = `mutation PublishAgent($input: PublishAgentInput!) {
  publishAgent(input: $input) { agent { revision } errors { code message path } }
}`;

interface Clients {
  /** Writes the agents. */
  editor: RouterClient;
  /** Releases them. */
  owner: RouterClient;
}

const url = process.argv[2];
if (url === undefined) throw new Error('Usage: node prisma/seed.ts <URL of the router>');
const created = await Promise.all(
  Object.entries(AGENTS).map(([tenant, agents]) => seedTenant(url, tenant, agents)),
);
console.log(`the demo tenants have ${created.reduce((sum, count) => sum + count, 0)} agents`);

async function seedTenant(routerUrl: string, tenant: string, agents: readonly DemoAgent[]): Promise<number> {
  const clients = {
    editor: await signIn(routerUrl, tenant, 'EDITOR'),
    owner: await signIn(routerUrl, tenant, 'OWNER'),
  };
  for (const agent of agents) await seedAgent(clients, agent);
  return agents.length;
}

async function seedAgent({ editor, owner }: Clients, agent: DemoAgent): Promise<void> {
  const { id, slug, name, description, tags, metadata, versions } = agent;
  let state = await findAgent(editor, id);
  for (const [index, version] of versions.entries()) {
    if (index < state.versions) continue;
    const isFirst = index === 0;
    const input = isFirst
      ? { id, slug, name, description, tags, metadata, ...version }
      : { id, expectedRevision: state.revision, ...version };
    const payload = await mutate(editor, isFirst ? CREATE_AGENT : UPDATE_AGENT, input);
    state = { ...state, versions: index + 1, revision: Number(toRecord(payload['agent'])['revision']) };
  }
  if (agent.published !== undefined && !state.isPublished) {
    await mutate(owner, PUBLISH_AGENT, { id, version: agent.published });
  }
}

interface AgentState {
  versions: number;
  revision: number;
  isPublished: boolean;
}

async function findAgent(client: RouterClient, id: string): Promise<AgentState> {
  const { agent } = await client.request(FIND_AGENT, { id });
  if (agent === null || agent === undefined) return { versions: 0, revision: 0, isPublished: false };
  const { draft, revision, publishedVersion } = toRecord(agent);
  return {
    versions: Number(toRecord(draft)['number']),
    revision: Number(revision),
    isPublished: publishedVersion !== null,
  };
}

async function signIn(routerUrl: string, tenant: string, role: string): Promise<RouterClient> {
  const file = await readFile(join(import.meta.dirname, 'demo-tenants.json'), 'utf8');
  const { email, password } = findUser(JSON.parse(file), tenant, role);
  const payload = await mutate(createRouterClient(routerUrl), SIGN_IN, { email, password, tenant });
  return createRouterClient(routerUrl, String(payload['accessToken']));
}

function findUser(file: unknown, slug: string, role: string): Record<string, unknown> {
  const list = (value: unknown): Record<string, unknown>[] =>
    Array.isArray(value) ? value.map(toRecord) : [];
  const tenant = list(toRecord(file)['tenants']).find((candidate) => candidate['slug'] === slug);
  const user = list(tenant?.['users']).find((candidate) => candidate['role'] === role);
  if (user === undefined) throw new Error(`demo-tenants.json has no ${role} of ${slug}`);
  return user;
}
