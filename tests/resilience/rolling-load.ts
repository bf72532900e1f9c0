/** Clients that work while processes are restarted under them. They go to two routers as a balancer before them would. */
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger, newId, openReplicaClient, type ReplicaClient } from '@flowgrid/platform';
import type { GraphQLAnswer } from '../testkit/graphql.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { DESCRIPTION, followDesign, type Followed, type ProgressEvent } from './design-journey.ts';

export interface FollowedDesign {
  readonly id: string;
  readonly events: readonly ProgressEvent[];
  /** How often its socket was closed before the design was done. */
  readonly moves: number;
}

export interface FinishedLoad {
  readonly followed: readonly FollowedDesign[];
  /** The one that waited for its review all the time, and was followed all the time. */
  readonly reviewed: FollowedDesign;
}

export interface Load extends AsyncDisposable {
  /** What was not answered as it is on a quiet platform. */
  readonly failures: readonly string[];
  readonly queries: number;
  /** Names of the agents whose creation was acknowledged. */
  readonly created: readonly string[];
  /** Designs that are followed, or were. */
  readonly designs: number;
  /** Ends the load; resolves when every design that was begun is done. */
  finish(): Promise<FinishedLoad>;
}

const QUERY = `query($name: String!) { viewer { user { id } } agents(filter: { search: $name }) { edges { node { name owner { name } } } }
  designSessions(first: 1) { edges { node { id } } } integrations { id } }`;
const CREATE = `mutation($input: CreateAgentInput!) {
  createAgent(input: $input) { agent { name } errors { code } } }`;
const START = `mutation($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code } } }`;
const APPROVE = `mutation($input: ApproveProcessModelInput!) {
  approveProcessModel(input: $input) { session { id } errors { code } } }`;
const QUERY_LOOPS = 3;
const DESIGNS_AT_ONCE = 3;
/** Between two things that one client does; without it the load would be all that the machine can do. */
const THINK_MS = 50;
const TIMEOUT_MS = 30_000;
const GOING_AWAY = 1001;

/** Begins at once: queries, mutations, designs and subscriptions, each one after the other in several loops. */
export function startLoad(routers: readonly string[], tenant: TestTenant): Load {
  return new RollingLoad(routers, tenant);
}

class RollingLoad implements Load {
  readonly failures: string[] = [];
  readonly created: string[] = [];
  queries = 0;
  designs = 0;
  readonly #routers: readonly string[];
  readonly #tenant: TestTenant;
  readonly #client: ReplicaClient;
  readonly #loops: readonly Promise<void>[];
  readonly #followed: FollowedDesign[] = [];
  /** The session that waits for its review. */
  readonly #waiting: Promise<string>;
  readonly #reviewed: Promise<FollowedDesign>;
  #finished: Promise<FinishedLoad> | undefined;
  #isFinishing = false;
  #turn = 0;

  constructor(routers: readonly string[], tenant: TestTenant) {
    this.#routers = routers;
    this.#tenant = tenant;
    this.#client = openReplicaClient({
      service: 'router',
      urls: routers,
      timeoutMs: TIMEOUT_MS,
      logger: createLogger({ name: 'load', level: 'silent' }),
    });
    this.#loops = [
      ...Array.from({ length: QUERY_LOOPS }, () => this.#repeat(() => this.#query())),
      this.#repeat(() => this.#create()),
      ...Array.from({ length: DESIGNS_AT_ONCE }, () => this.#repeat(() => this.#design())),
    ];
    this.#waiting = this.#start({ reviewProcess: true });
    this.#reviewed = this.#waiting.then((id) => this.#follow(id));
    // Whoever finishes the load sees it fail.
    this.#reviewed.catch(() => undefined);
  }

  finish(): Promise<FinishedLoad> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
    await this.#client[Symbol.asyncDispose]();
  }

  async #finish(): Promise<FinishedLoad> {
    this.#isFinishing = true;
    await Promise.all(this.#loops);
    await this.#ask(APPROVE, { input: { sessionId: await this.#waiting } });
    return { followed: this.#followed, reviewed: await this.#reviewed };
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (!this.#isFinishing) {
      try {
        await work();
        await delay(THINK_MS);
      } catch (error) {
        const cause =
          error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
        this.failures.push(`${String(error)}${cause}`);
      }
    }
  }

  /** Sent once: to another router only when there was no connection to the first. */
  async #ask(query: string, variables: object): Promise<GraphQLAnswer> {
    const response = await this.#client.fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${this.#tenant.users.EDITOR.accessToken}`,
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data = null, errors = [] } = (await response.json()) as Partial<GraphQLAnswer>;
    if (response.status !== 200 || errors.length > 0) {
      throw new Error(`${response.status} ${JSON.stringify(errors)} for ${query.slice(0, 40)}`);
    }
    return { status: response.status, data, errors };
  }

  async #query(): Promise<void> {
    const name = this.created.at(-1) ?? 'none';
    const { data } = await this.#ask(QUERY, { name });
    const { agents } = data as { agents: { edges: readonly { node: { name: string } }[] } };
    const isThere = agents.edges.some(({ node }) => node.name === name);
    if (name !== 'none' && !isThere) throw new Error(`an agent that was made is not there: ${name}`);
    this.queries += 1;
  }

  async #create(): Promise<void> {
    const name = `Rolling ${newId()}`;
    const { data } = await this.#ask(CREATE, { input: { name } });
    const { createAgent } = data as { createAgent: { agent: { name: string } | null } };
    if (createAgent.agent?.name !== name) throw new Error(`not made: ${JSON.stringify(data)}`);
    this.created.push(name);
  }

  async #design(): Promise<void> {
    const id = await this.#start({});
    this.designs += 1;
    this.#followed.push(await this.#follow(id));
  }

  async #start(options: object): Promise<string> {
    const { data } = await this.#ask(START, {
      input: { title: 'Rolling', description: DESCRIPTION, ...options },
    });
    const { startDesign } = data as { startDesign: { session: { id: string } | null } };
    if (!startDesign.session) throw new Error(`not started: ${JSON.stringify(data)}`);
    return startDesign.session.id;
  }

  /** Follows a design to its end; at another router, after what was seen, when a router sends it away. */
  async #follow(id: string): Promise<FollowedDesign> {
    const { accessToken: token } = this.#tenant.users.VIEWER;
    const events: ProgressEvent[] = [];
    for (let moves = 0; ;) {
      this.#turn += 1;
      const router = this.#routers[this.#turn % this.#routers.length] ?? '';
      if (!(await isReady(router))) continue;
      await using followed = followDesign(router, { id, token, after: events.at(-1)?.sequence ?? 0 });
      const end = await followed.ended;
      events.push(...followed.progress());
      if (end === 'completed') return { id, events, moves };
      if (isUnopened(end)) continue;
      if (end instanceof Error || end.code !== GOING_AWAY) {
        throw new Error(`a subscription ended with ${end instanceof Error ? end.message : end.code}`);
      }
      moves += 1;
    }
  }
}

/** The router began to end between the balancer's question and the client's connection: both would try another one. */
function isUnopened(end: Awaited<Followed['ended']>): boolean {
  if (!(end instanceof Error)) return false;
  return ('code' in end && end.code === 'ECONNREFUSED') || end.message === 'Unexpected server response: 503';
}

/** What a balancer asks before it sends somebody there. */
async function isReady(router: string): Promise<boolean> {
  try {
    const response = await fetch(`${router}/readyz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Nothing listens: the router is being restarted.
    return false;
  }
}
