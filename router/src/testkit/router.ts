/** A router before the small subgraphs, and clients for it. */
import { createLogger, systemClock } from '@flowgrid/platform';
import { createClient, type Client, type ClientOptions } from 'graphql-ws';
import { WebSocket } from 'ws';
import { loadSupergraph } from '../gateway/supergraph.ts';
import { ContextTokens } from '../identity/context-tokens.ts';
import { noIdentity, tokenIdentity } from '../identity/identity.ts';
import { startRouter, type RouterOptions, type RunningRouter } from '../server.ts';
import { FakeExchange } from './fake-exchange.ts';
import type { Fixture } from './subgraphs.ts';

export const RENEW_MS = 60_000;

export interface FixtureRouter extends RunningRouter {
  readonly exchange: FakeExchange;
  readonly tokens: ContextTokens;
}

export async function startFixtureRouter(
  fixture: Fixture,
  options: Partial<RouterOptions> & {
    readonly hasIdentity?: boolean;
    /** Addresses of subgraphs, where they are not those of the fixture. */
    readonly baseUrls?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Promise<FixtureRouter> {
  const logger = createLogger({ name: 'router', level: 'silent' });
  const clock = options.clock ?? systemClock;
  const exchange = new FakeExchange(clock);
  exchange.grant(null, {});
  const tokens = new ContextTokens({ exchange, clock, logger, renewAfterMs: RENEW_MS });
  const router = await startRouter({
    supergraph: loadSupergraph(
      fixture.supergraphSdl,
      (name) => options.baseUrls?.[name] ?? [fixture.baseUrlOf(name)],
    ),
    identity: options.hasIdentity ? tokenIdentity(tokens) : noIdentity,
    logger,
    host: '127.0.0.1',
    port: 0,
    isExplorable: true,
    operationTimeoutMs: 10_000,
    subgraphTimeoutMs: 2_000,
    checkSocketsMs: RENEW_MS,
    trustsProxy: false,
    checkReady: () => Promise.resolve(),
    ...options,
    clock,
  });
  return { ...router, exchange, tokens };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly {
      readonly message: string;
      readonly path?: readonly (string | number)[];
      readonly extensions: Record<string, unknown>;
    }[];
  };
}

export async function ask(
  router: { readonly url: string },
  query: string,
  options: { variables?: Record<string, unknown>; bearer?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${router.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(options.bearer !== undefined && { authorization: `Bearer ${options.bearer}` }),
      ...options.headers,
    },
    body: JSON.stringify({ query, variables: options.variables }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

/** A client whose close event can be awaited. */
export interface SocketClient extends AsyncDisposable {
  readonly client: Client;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export function openSocket(
  router: { readonly url: string },
  options: { bearer?: string } & Partial<ClientOptions> = {},
): SocketClient {
  const { bearer, ...rest } = options;
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const client = createClient({
    url: `${router.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazyCloseTimeout: 60_000,
    ...(bearer !== undefined && { connectionParams: { authorization: `Bearer ${bearer}` } }),
    on: { closed: (event) => closed.resolve(event as { code: number; reason: string }) },
    ...rest,
  });
  return {
    client,
    closed: closed.promise,
    [Symbol.asyncDispose]: async () => {
      await client.dispose();
    },
  };
}
