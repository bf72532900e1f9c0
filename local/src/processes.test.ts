import { expect, test } from 'vitest';
import { DEFAULT_PORTS, platformProcesses, PROCESS_NAMES } from './processes.ts';
import { generateSecrets } from './secrets.ts';

const { services: secrets } = generateSecrets();
const processes = platformProcesses({
  ports: DEFAULT_PORTS,
  secrets,
  nodeEnv: 'test',
  logLevel: 'warn',
  databaseUrl: (role) => `postgresql://${role}@db/flowgrid`,
  extraEnv: { auth: { EXTRA: 'yes' } },
});

// Attack: a service that is taken over reads what another one is entrusted with.
test('each process gets its own login role and only the secrets that it uses', () => {
  const keys = [
    'DATABASE_URL',
    'PUBSUB_URL',
    'AUTH_KEY_SECRET',
    'GRANT_SECRET',
    'CREDENTIALS_KEY',
    'ARTIFACT_LINK_SECRET',
  ];
  const held = Object.fromEntries(
    PROCESS_NAMES.map((name) => [name, keys.filter((key) => processes[name].env[key] !== undefined)]),
  );

  expect(held).toEqual({
    auth: ['DATABASE_URL', 'AUTH_KEY_SECRET', 'GRANT_SECRET'],
    agents: ['DATABASE_URL'],
    design: ['DATABASE_URL', 'GRANT_SECRET', 'ARTIFACT_LINK_SECRET'],
    integrations: ['DATABASE_URL', 'CREDENTIALS_KEY'],
    'design-worker': ['DATABASE_URL', 'GRANT_SECRET', 'ARTIFACT_LINK_SECRET'],
    'delivery-worker': ['DATABASE_URL', 'CREDENTIALS_KEY'],
    router: ['PUBSUB_URL'],
  });
  expect(processes.agents.env['DATABASE_URL']).toBe('postgresql://flowgrid_agents@db/flowgrid');
});

// Attack: the same, for the keys of AI providers, which cost money.
test('only the worker gets keys of AI providers; its service knows that there are some', () => {
  const given = {
    ANTHROPIC_API_KEY: 'key-of-anthropic',
    ANTHROPIC_MODEL: 'claude-opus-5-5',
    AI_PRICES: '{}',
  };
  const planned = platformProcesses({
    ports: DEFAULT_PORTS,
    secrets,
    nodeEnv: 'test',
    logLevel: 'warn',
    databaseUrl: (role) => `postgresql://${role}@db/flowgrid`,
    aiEnv: given,
  });

  const holding = PROCESS_NAMES.filter((name) =>
    JSON.stringify(planned[name].env).includes('key-of-anthropic'),
  );
  expect(holding).toEqual(['design-worker']);
  expect(planned['design-worker'].env).toMatchObject(given);
  expect(planned.design.env).toMatchObject({ AI_PROVIDERS: 'anthropic', ANTHROPIC_MODEL: 'claude-opus-5-5' });
  expect(planned.design.env).not.toHaveProperty('AI_PRICES');
  expect(processes.design.env).toMatchObject({ AI_PROVIDERS: '' });
});

test('a process knows where it listens and where the others are', () => {
  expect(processes.router).toMatchObject({
    url: 'http://127.0.0.1:4000',
    readinessUrl: 'http://127.0.0.1:4000/readyz',
    env: {
      NODE_ENV: 'test',
      LOG_LEVEL: 'warn',
      PORT: '4000',
      PUBLIC_URL: 'http://localhost:4000',
      AUTH_URL: 'http://127.0.0.1:3002',
      SUBGRAPH_AGENTS_URL: 'http://127.0.0.1:3001',
    },
  });
  expect(processes.auth.env['EXTRA']).toBe('yes');
});

test('the router ends first, then workers, then subgraphs', () => {
  const order = PROCESS_NAMES.toSorted((a, b) => processes[b].stage - processes[a].stage);

  expect(order).toEqual([
    'router',
    'design-worker',
    'delivery-worker',
    'auth',
    'agents',
    'design',
    'integrations',
  ]);
});
