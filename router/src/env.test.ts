import { expect, test } from 'vitest';
import { readRouterEnv, readSubgraphUrl } from './env.ts';

test('a router without its variables names all of them at once', () => {
  const read = (): unknown =>
    readRouterEnv({ PORT: 'x', SUBGRAPH_AUTH_URL: 'ftp://a' }, ['SUBGRAPH_AGENTS_URL', 'SUBGRAPH_AUTH_URL']);

  expect(read).toThrow(
    /PORT[^]*AUTH_URL: is required[^]*SUBGRAPH_AUTH_URL: must be[^]*SUBGRAPH_AGENTS_URL: is required/,
  );
});

test('a router without identity needs nothing but its supergraph', () => {
  const env = readRouterEnv({ ROUTER_IDENTITY: 'off', AUTH_URL: 'http://auth' });

  expect(env).toEqual({
    environment: 'production',
    host: '127.0.0.1',
    port: 4000,
    logLevel: 'info',
    authUrl: null,
    pubsubUrl: null,
    renewContextMs: 60_000,
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

test('the address of a subgraph is an http address', () => {
  expect(readSubgraphUrl({ SUBGRAPH_A_URL: 'http://127.0.0.1:1' }, 'SUBGRAPH_A_URL')).toBe(
    'http://127.0.0.1:1',
  );
  expect(readSubgraphUrl({ SUBGRAPH_A_URL: 'file:///etc' }, 'SUBGRAPH_A_URL')).toBeUndefined();
  expect(readSubgraphUrl({}, 'SUBGRAPH_A_URL')).toBeUndefined();
});
