import { expect, test } from 'vitest';
import { readRouterEnv, readSubgraphUrls } from './env.ts';

test('a router without its variables names all of them at once', () => {
  const read = (): unknown =>
    readRouterEnv(
      { PORT: 'x', SUBGRAPH_AUTH_URL: 'ftp://a' },
      { required: ['SUBGRAPH_AGENTS_URL', 'SUBGRAPH_AUTH_URL'] },
    );

  expect(read).toThrow(
    /PORT[^]*AUTH_URL: is required[^]*SUBGRAPH_AGENTS_URL: is required[^]*SUBGRAPH_AUTH_URL: must be/,
  );
});

test('a router without identity needs nothing but its supergraph', () => {
  const env = readRouterEnv({ ROUTER_IDENTITY: 'off', AUTH_URL: 'http://auth' });

  expect(env).toEqual({
    environment: 'production',
    http: { host: '127.0.0.1', port: 4000, maxEventLoopDelayMs: 1000, maxRequestsInFlight: 1000 },
    drainSeconds: 5,
    logLevel: 'info',
    otlpEndpoint: undefined,
    authUrls: null,
    rateLimits: { perMinute: 1200, anonymousPerMinute: 300 },
    sharedState: { REDIS_URL: undefined, PUBSUB_URL: undefined },
    renewContextMs: 60_000,
    operationTimeoutMs: 10_000,
    subgraphTimeoutMs: 10_000,
    trustsProxy: false,
  });
});

// A typo must not open the router to everyone.
test('identity is switched off by exactly one value', () => {
  expect(() => readRouterEnv({ ROUTER_IDENTITY: 'OFF', AUTH_URL: 'http://auth' })).toThrow(
    'must be "on" or "off"',
  );
});

test('the addresses of a subgraph are http addresses', () => {
  const read = (value?: string): unknown => readSubgraphUrls({ SUBGRAPH_A_URL: value }, 'SUBGRAPH_A_URL');

  expect(read('http://127.0.0.1:1, http://127.0.0.1:2/')).toEqual([
    'http://127.0.0.1:1',
    'http://127.0.0.1:2',
  ]);
  expect(read('file:///etc')).toBeUndefined();
  expect(read()).toBeUndefined();
});

// The address would be read by nobody, and the router would ask the one in the schema.
test('the address of a subgraph that is not in the supergraph stops the start', () => {
  const read = (): unknown =>
    readRouterEnv(
      { AUTH_URL: 'http://auth', SUBGRAPH_AGENTS_URL: 'http://a', SUBGRAPH_AGENT_URL: 'http://b' },
      { subgraphs: ['SUBGRAPH_AGENTS_URL'] },
    );

  expect(read).toThrow('SUBGRAPH_AGENT_URL: is not known; did you mean SUBGRAPH_AGENTS_URL?');
});
