/** Stands in for the services that design talks to, where it is tested alone: auth, agents and integrations at one address. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { CONTEXT_KEYS_PATH } from '@flowgrid/access';
import type { ContextIssuer } from '../../testkit/context-issuer.ts';

export interface FakeAgent {
  id: string;
  name: string;
  slug: string;
  description: string;
  revision: number;
  draft: { definition: unknown };
}

interface GrantBody {
  contextToken: string;
  audience: string;
  permissions: readonly string[];
  job: { kind: string; id: string; name: string };
}

interface Operation {
  name: string;
  variables: Record<string, never> & { input?: Record<string, unknown>; id?: string };
  authorization: string;
}

export interface Neighbours extends AsyncDisposable {
  readonly url: string;
  readonly agents: Map<string, FakeAgent>;
  readonly grants: GrantBody[];
  readonly operations: Operation[];
  integrationKinds: readonly string[];
  /** Decides about the next operations: `hang` never answers, `fail` answers 503, `drop` works and cuts the answer off, `stall` works and never answers. */
  behave: (operation: string) => 'work' | 'hang' | 'fail' | 'drop' | 'stall' | 'refuse';
}

export async function startNeighbours(issuer: ContextIssuer): Promise<Neighbours> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(error instanceof Error ? error.message : 'failed');
    });
  });
  const neighbours: Neighbours = {
    url: '',
    agents: new Map(),
    grants: [],
    operations: [],
    integrationKinds: ['JIRA'],
    behave: () => 'work',
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === CONTEXT_KEYS_PATH) {
      const keys = await fetch(`${issuer.url}${CONTEXT_KEYS_PATH}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end(await keys.text());
      return;
    }
    const body = JSON.parse(await text(request));
    const name =
      request.url === '/internal/grant' ? 'grant' : String(/(?:query|mutation) (\w+)/.exec(body.query)?.[1]);
    const behaviour = neighbours.behave(name);
    const authorization = String(request.headers.authorization);
    neighbours.operations.push({ name, variables: body.variables ?? {}, authorization });
    if (behaviour === 'hang') return;
    if (behaviour === 'fail') {
      response.writeHead(503, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    if (behaviour === 'refuse') {
      const errors = [{ message: 'No.', extensions: { code: 'FORBIDDEN' } }];
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
      return;
    }
    const answer = name === 'grant' ? grant(neighbours, body) : { data: answerTo(neighbours, name, body) };
    if (behaviour === 'stall') return;
    if (behaviour === 'drop') {
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(neighbours, { url: `http://127.0.0.1:${port}` });
}

function grant(neighbours: Neighbours, body: GrantBody): object {
  neighbours.grants.push(body);
  return { token: `granted-${body.audience}`, expiresAt: new Date().toISOString() };
}

function answerTo(
  neighbours: Neighbours,
  name: string,
  { variables }: { variables: Operation['variables'] },
): unknown {
  const { agents, integrationKinds } = neighbours;
  const input = variables.input ?? {};
  switch (name) {
    case 'DesignContextIntegrations':
      return { integrations: integrationKinds.map((kind) => ({ kind })) };
    case 'DesignBaseAgent':
      return { agent: agents.get(String(variables.id)) ?? null };
    case 'AcceptDesignCreate':
      return { createAgent: create(agents, input) };
    case 'AcceptDesignUpdate':
      return { updateAgent: update(agents, input) };
    default:
      throw new Error(`unknown operation ${name}`);
  }
}

function create(agents: Map<string, FakeAgent>, input: Record<string, unknown>): object {
  const known = agents.get(String(input['id']));
  if (known) return { agent: known, errors: [] };
  const { name, slug: given } = input as { name: string; slug?: string | null };
  const slug = given ?? name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  if ([...agents.values()].some((agent) => agent.slug === slug)) {
    return { agent: null, errors: [{ code: 'TAKEN', message: 'The slug is taken.', path: ['slug'] }] };
  }
  const agent: FakeAgent = {
    id: String(input['id']),
    name,
    slug,
    description: String(input['description']),
    revision: 1,
    draft: { definition: input['definition'] },
  };
  agents.set(agent.id, agent);
  return { agent, errors: [] };
}

function update(agents: Map<string, FakeAgent>, input: Record<string, unknown>): object {
  const agent = agents.get(String(input['id']));
  if (!agent) throw new Error('no such agent');
  if (agent.revision !== input['expectedRevision']) {
    const error = {
      code: 'STALE_REVISION',
      message: 'Another write came first.',
      path: ['expectedRevision'],
    };
    return { agent, errors: [error] };
  }
  if (!isDeepStrictEqual(agent.draft.definition, input['definition'])) {
    agent.draft = { definition: input['definition'] };
    agent.revision += 1;
  }
  return { agent, errors: [] };
}
