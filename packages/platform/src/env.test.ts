import { expect, test } from 'vitest';
import { z } from 'zod';
import { editDistance } from './env-names.ts';
import { postgresUrl, readEnv, secretKey, serviceEnv } from './env.ts';

const model = z.object({ ...serviceEnv, SECRET: secretKey });

test('all problems are named at once, without the values', () => {
  const read = (): unknown => readEnv(model, { PORT: 'http', SECRET: 'c2hvcnQ=', LOG_LEVEL: 'loud' });

  expect(read).toThrow(/PORT: .*\n.*LOG_LEVEL: .*\n.*SECRET: must be at least 32 random bytes/);
  expect(read).not.toThrow('c2hvcnQ=');
});

test('an empty variable counts as absent', () => {
  expect(() => readEnv(model, { PORT: '', SECRET: '' })).toThrow(
    /PORT: is required\n {2}SECRET: is required/,
  );
});

test('a misspelt variable is named with the one that was meant, beside what is missing', () => {
  const source = { PORT: '1', SECERT: 'x', DATABSE_URL: 'postgres://u:hunter2@h/d', log_levle: 'info' };
  const read = (): unknown => readEnv(model.extend({ DATABASE_URL: postgresUrl }), source);

  expect(read).toThrow(
    /SECRET: is required\n {2}DATABASE_URL: is required\n {2}SECERT: is not known; did you mean SECRET\?\n {2}DATABSE_URL: is not known; did you mean DATABASE_URL\?\n {2}log_levle: is not known; did you mean LOG_LEVEL\?$/,
  );
  expect(read).not.toThrow('hunter2');
});

test('a variable with a prefix of ours that nothing reads is refused', () => {
  const source = { PORT: '1', SUBGRAPH_BILLING_URL: 'http://b', SERVICE_BUS_QUEUE: 'q' };

  const read = (): unknown => readEnv(z.object(serviceEnv), source);

  expect(read).toThrow(/ {2}SUBGRAPH_BILLING_URL: is not known\n {2}SERVICE_BUS_QUEUE: is not known$/);
});

test('a tool runs in the environment of a service and knows a part of it', () => {
  const source = { DATABASE_URL: 'postgres://h/d', SERVICE_BUS_NAMESPACE: 'n' };

  expect(readEnv(z.object({ DATABASE_URL: postgresUrl }), source)).toEqual({
    DATABASE_URL: 'postgres://h/d',
  });
});

test('what others set is none of our business', () => {
  const withUrls = z.object({ ...serviceEnv, REDIS_URL: z.url().optional(), AGENTS_URL: z.url().optional() });
  const source = {
    PORT: '1',
    PATH: '/bin',
    HOSTNAME: 'pod-1',
    REDIS_PORT: 'tcp://10.0.0.1:6379',
    REDIS_PORT_6379_TCP_ADDR: '10.0.0.1',
    AGENTS_PORT: 'tcp://10.0.0.2:3001',
    AGENTS_SERVICE_HOST: '10.0.0.2',
    AGENTS_SERVICE_PORT_HTTP: '3001',
    SUBGRAPH_AGENTS_SERVICE_HOST: '10.0.0.3',
    SERVICE_BUS_PORT: 'tcp://10.0.0.4:5672',
    npm_config_log_level: 'error',
    OTEL_EXPORTER_OTLP_ENDPOINTS: 'x',
    OTEL_SERVICE_NAME: 'agents',
    NODE_VERSION: '24.0.0',
    PUBLIC_URL: 'https://flowgrid.example',
    PORTS: '1',
  };

  expect(readEnv(withUrls, source)).toMatchObject({ PORT: 1 });
});

test('variables that exclude each other are refused together with everything else', () => {
  const contradictions = [
    { variables: ['REDIS_URL', 'PUBSUB_URL'], problem: 'set one of them' },
    { variables: ['A_KEY', 'B_KEY'], problem: 'not both' },
  ] as const;
  const urls = z.object({ ...serviceEnv, REDIS_URL: z.url().optional(), PUBSUB_URL: z.url().optional() });

  const read = (source: Record<string, string>) => (): unknown => readEnv(urls, source, contradictions);

  expect(read({ REDIS_URL: 'redis://a', PUBSUB_URL: 'postgres://b' })).toThrow(
    /PORT: is required\n {2}REDIS_URL and PUBSUB_URL: set one of them$/,
  );
  expect(read({ PORT: '1', REDIS_URL: 'redis://a', PUBSUB_URL: '' })()).toMatchObject({
    REDIS_URL: 'redis://a',
  });
});

test.each([
  ['DATABASE_URL', 'DATABASE_URL', 0],
  ['DATABSAE_URL', 'DATABASE_URL', 1],
  ['DATABASE_ULR', 'DATABASE_URL', 1],
  ['DATABASE_UR', 'DATABASE_URL', 1],
  ['REDIS_URI', 'REDIS_URL', 1],
  ['REDIS_PORT', 'REDIS_URL', 3],
  ['', 'PORT', 4],
])('from %s to %s it is %i', (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance);
});
