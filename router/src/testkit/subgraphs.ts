/** Three small subgraphs with real servers, of which a test stops, restarts and breaks any. */
import { createServer, type RequestListener } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { createLogger, startSubgraphServer, type RunningServer } from '@flowgrid/platform';
import { parse, type GraphQLSchema } from 'graphql';
import { composeSupergraph, type SubgraphSource } from '../compose.ts';
import { agentResolvers, authResolvers, designResolvers } from './resolvers.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes", "@authenticated", "@shareable"])\n';

const SOURCES: readonly SubgraphSource[] = [
  {
    name: 'agents',
    sdl: `${LINK}
      type Query {
        agents(first: Int = 2): [Agent!]
        agent(id: ID!): Agent
        things: [Thing!]
        plan: String @requiresScopes(scopes: [["plan:read"], ["plan:write", "plan:admin"]])
        fail(code: String): String
      }
      type Mutation { renameAgent(id: ID!, name: String!): Agent @requiresScopes(scopes: [["agent:write"]]) }
      interface Thing { id: ID! note: String }
      type Agent implements Thing @key(fields: "id") {
        id: ID! name: String! owner: User
        note: String @requiresScopes(scopes: [["agent:note"]])
      }
      type Tool implements Thing { id: ID! note: String }
      type User @key(fields: "id", resolvable: false) { id: ID! }`,
  },
  {
    name: 'auth',
    sdl: `${LINK}
      type Query { viewer: User @authenticated }
      type User @key(fields: "id") { id: ID! name: String! email: String @requiresScopes(scopes: [["user:read"]]) }`,
  },
  {
    name: 'design',
    sdl: `${LINK}
      type Query { session(id: ID!): Session }
      type Subscription {
        progress(sessionId: ID!, after: Int = 0): Progress
        ticks: Tick
        watched: Tick @requiresScopes(scopes: [["design:watch"]])
      }
      type Progress { session: Session! sequence: Int! message: String! }
      type Tick { count: Int! agent: Agent }
      type Session @key(fields: "id") { id: ID! title: String agent: Agent }
      type Agent @key(fields: "id", resolvable: false) { id: ID! }`,
  },
];

/** What a subgraph was asked, with the headers it came with. */
export interface Call {
  readonly subgraph: string;
  readonly authorization: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Fixture extends AsyncDisposable {
  readonly supergraphSdl: string;
  readonly calls: Call[];
  readonly baseUrlOf: (subgraph: string) => string;
  /** Adds an event to a design session. */
  readonly addProgress: (sessionId: string, message: string) => void;
  /** How many streams of the design subgraph are open. */
  readonly openStreams: () => number;
  readonly stop: (subgraph: string) => Promise<void>;
  readonly restart: (subgraph: string) => Promise<void>;
  /** Starts a further server of a subgraph on a port of its own; it has the same data. */
  readonly startReplica: (subgraph: string) => Promise<RunningServer>;
  /** Puts a server of the test's own where a subgraph was. */
  readonly replace: (subgraph: string, listener: RequestListener) => Promise<void>;
  /** Context tokens that the subgraphs do not accept. */
  readonly refusedTokens: Set<string>;
}

export function composeFixture(): string {
  const composition = composeSupergraph(SOURCES);
  if (composition.status === 'failed') throw new Error(composition.errors.join('\n'));
  return composition.sdl;
}

export async function startSubgraphs(): Promise<Fixture> {
  const calls: Call[] = [];
  const refusedTokens = new Set<string>();
  const design = designResolvers();
  const resolvers = { agents: agentResolvers(), auth: authResolvers(), design: design.resolvers };
  const schemas = new Map(
    SOURCES.map(({ name, sdl }) => [
      name,
      buildSubgraphSchema([
        {
          typeDefs: parse(sdl),
          resolvers: resolvers[name as keyof typeof resolvers] as Record<string, never>,
        },
      ]),
    ]),
  );
  const running = new Map<string, RunningServer>();
  const ports = new Map<string, number>();
  const startAt = (name: string, port: number): Promise<RunningServer> => {
    const schema = schemas.get(name);
    if (!schema) throw new Error(`no subgraph ${name}`);
    return startOne({ name, schema, port, calls, refusedTokens });
  };
  const start = async (name: string): Promise<void> => {
    const server = await startAt(name, ports.get(name) ?? 0);
    running.set(name, server);
    ports.set(name, server.port);
  };
  const stop = async (name: string): Promise<void> => {
    await running.get(name)?.[Symbol.asyncDispose]();
    running.delete(name);
  };
  for (const name of schemas.keys()) await start(name);
  return {
    supergraphSdl: composeFixture(),
    calls,
    refusedTokens,
    baseUrlOf: (name) => `http://127.0.0.1:${ports.get(name)}`,
    addProgress: design.add,
    openStreams: design.openStreams,
    stop,
    startReplica: (name) => startAt(name, 0),
    restart: async (name) => {
      await stop(name);
      await start(name);
    },
    replace: async (name, listener) => {
      await stop(name);
      running.set(name, await startPlain(listener, ports.get(name) ?? 0));
    },
    [Symbol.asyncDispose]: async () => {
      for (const name of running.keys()) await stop(name);
    },
  };
}

interface Start {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly port: number;
  readonly calls: Call[];
  readonly refusedTokens: ReadonlySet<string>;
}

function startOne({ name, schema, port, calls, refusedTokens }: Start): Promise<RunningServer> {
  return startSubgraphServer({
    name,
    schema,
    port,
    host: '127.0.0.1',
    logger: createLogger({ name, level: 'silent' }),
    checkReady: () => Promise.resolve(),
    authenticate: (authorization) => {
      if (authorization !== undefined && refusedTokens.has(authorization)) {
        return Promise.reject(new RefusedToken());
      }
      return Promise.resolve({ authorization });
    },
    createContext: () => ({}),
    addRoutes: (app) => {
      app.addHook('onRequest', async (request) => {
        calls.push({
          subgraph: name,
          authorization: request.headers.authorization,
          headers: request.headers,
        });
      });
    },
  });
}

class RefusedToken extends Error {}

/** A plain HTTP server on a port that was free a moment ago. */
export async function startPlain(listener: RequestListener, port = 0): Promise<RunningServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${actual}`,
    port: actual,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
