/** The design service and its workers as processes, with a fresh tenant per test. */
import { WebSocket } from 'ws';
import { createClient } from 'graphql-ws';
import { newId } from '@flowgrid/platform';
import type { BuiltInRole } from '@flowgrid/access';
import { startContextIssuer, type ContextIssuer } from '../../testkit/context-issuer.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { dataOf, postGraphQL, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../../testkit/platform.ts';
import { until } from '../../testkit/wait.ts';
import { startNeighbours, type Neighbours } from './neighbours.ts';

export const DESCRIPTION = `A customer sends a claim by email. The claims clerk records the claim in Jira and checks the policy.
If the policy is valid and the amount is above 5,000 euros, the team lead approves the claim within two days.
Otherwise the clerk rejects the claim and informs the customer. Finally, the accounting department pays the approved amount.`;

/** Long enough for a job on a busy machine. */
const DESIGN_LIMIT_MS = 60_000;

export interface DesignService extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly issuer: ContextIssuer;
  readonly neighbours: Neighbours;
  readonly platform: TestPlatform;
  readonly url: string;
  readonly workerEnv: Readonly<Record<string, string>>;
}

/** Starts the service; workers are started by the tests that need them. */
export async function startDesignService(
  workerEnv: Readonly<Record<string, string>> = {},
): Promise<DesignService> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const issuer = stack.use(await startContextIssuer());
  const neighbours = stack.use(await startNeighbours(issuer));
  const { url } = neighbours;
  const env = { AUTH_URL: url, AGENTS_URL: url, INTEGRATIONS_URL: url };
  const platform = stack.use(
    await createPlatform({ database, env: { design: env, 'design-worker': { ...env, ...workerEnv } } }),
  );
  const { url: base } = await platform.start('design');
  const owned = stack.move();
  return {
    database,
    issuer,
    neighbours,
    platform,
    workerEnv: { ...env, ...workerEnv },
    url: `${base}/graphql`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface TestTenant {
  readonly tenantId: string;
  readonly token: string;
  ask(query: string, variables?: Readonly<Record<string, unknown>>): Promise<GraphQLAnswer>;
  /** Starts a design and returns its id. */
  start(input?: Readonly<Record<string, unknown>>): Promise<string>;
  session(id: string): Promise<SessionView>;
  /** Waits until the session is in the state. */
  reaches(id: string, state: string): Promise<SessionView>;
  /** Starts a design and waits until it has succeeded. */
  design(input?: Readonly<Record<string, unknown>>): Promise<SessionView>;
  follow(id: string, after?: number): Following;
}

export interface SessionView {
  id: string;
  state: string;
  phase: string;
  percent: number;
  events: EventView[];
  artifacts: { id: string; name: string; mediaType: string; size: number; sha256: string; url: string }[];
  failure: { phase: string; code: string; message: string; retryable: boolean } | null;
  proposal: { name: string } | null;
  agent: { id: string } | null;
  acceptedAt: string | null;
  processModel: { activities: { verb: string }[] } | null;
  definition: { instructions: string } | null;
}

export interface EventView {
  sequence: number;
  phase: string;
  state: string;
  percent: number;
  message: string;
}

export interface Following extends AsyncDisposable {
  readonly events: readonly EventView[];
  readonly errors: readonly { extensions?: { code?: string } }[];
  readonly ended: Promise<void>;
  isOver(): boolean;
}

const SESSION = `query Session($id: ID!) { designSession(id: $id) {
  id state phase percent acceptedAt agent { id } proposal { name } definition { instructions }
  processModel { activities { verb } } failure { phase code message retryable }
  events { sequence phase state percent message } artifacts { id name mediaType size sha256 url } } }`;
const START = `mutation Start($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code path } } }`;

export async function createDesignTenant(
  service: DesignService,
  options: { role?: BuiltInRole; tenantId?: string } = {},
): Promise<TestTenant> {
  const tenantId = options.tenantId ?? newId();
  const token = await service.issuer.signFor(options.role ?? 'EDITOR', { tenantId, audience: 'design' });
  const ask: TestTenant['ask'] = (query, variables) => postGraphQL(service.url, { query, variables }, token);
  const session = async (id: string): Promise<SessionView> => {
    const { designSession } = dataOf<{ designSession: SessionView | null }>(await ask(SESSION, { id }));
    if (!designSession) throw new Error('no such session');
    return designSession;
  };
  const start: TestTenant['start'] = async (input = {}) => {
    const variables = { input: { title: 'Claims', description: DESCRIPTION, ...input } };
    const { startDesign } = dataOf<{ startDesign: { session: { id: string } | null; errors: unknown[] } }>(
      await ask(START, variables),
    );
    if (!startDesign.session) throw new Error(JSON.stringify(startDesign.errors));
    return startDesign.session.id;
  };
  const reaches: TestTenant['reaches'] = (id, state) =>
    until(
      `session ${id} is ${state}`,
      async () => {
        const view = await session(id);
        if (view.state === 'FAILED' && state !== 'FAILED') throw new Error(JSON.stringify(view.failure));
        return view.state === state && view;
      },
      DESIGN_LIMIT_MS,
    );
  return {
    tenantId,
    token,
    ask,
    session,
    start,
    reaches,
    design: async (input) => reaches(await start(input), 'SUCCEEDED'),
    follow: (id, after = 0) => follow({ url: service.url, token, id, after }),
  };
}

function follow({
  url,
  token,
  id,
  after,
}: {
  url: string;
  token: string;
  id: string;
  after: number;
}): Following {
  const authorization = `Bearer ${token}`;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  const events: EventView[] = [];
  const errors: { extensions?: { code?: string } }[] = [];
  const over = Promise.withResolvers<void>();
  let isOver = false;
  const end = (): void => {
    isOver = true;
    over.resolve();
  };
  client.subscribe<{ designProgress: EventView }>(
    {
      query: `subscription Follow($id: ID!, $after: Int) {
        designProgress(sessionId: $id, after: $after) { sequence phase state percent message } }`,
      variables: { id, after },
      extensions: { authorization },
    },
    {
      next: ({ data, errors: found }) => {
        if (data) events.push(data.designProgress);
        for (const error of found ?? [])
          errors.push({ extensions: { code: String(error.extensions?.['code']) } });
      },
      error: (error) => {
        errors.push(...(Array.isArray(error) ? error : [{}]));
        end();
      },
      complete: end,
    },
  );
  return {
    events,
    errors,
    ended: over.promise,
    isOver: () => isOver,
    [Symbol.asyncDispose]: async () => {
      await client.dispose();
    },
  };
}
