/** One platform is described in many files: they agree about variables, ports and names. */
import { access, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  DEFAULT_PORTS,
  platformProcesses,
  PROCESS_NAMES,
  type ProcessName,
} from '../../local/src/processes.ts';
import { generateSecrets } from '../../local/src/secrets.ts';
import { ENV_MODELS } from '../docs/env-models.ts';
import { readComposeFile, type ComposeService } from './compose-file.ts';
import { readDockerfile } from './dockerfile.ts';
import { ROOT } from './root.ts';
import { readSampleEnv } from './sample-env.ts';

/** The containers that run a program of ours, and which model reads their environment. */
const MODEL_OF: Readonly<Record<string, string>> = {
  router: 'router',
  agents: 'agents',
  auth: 'auth',
  design: 'design',
  'design-worker': 'design worker',
  integrations: 'integrations',
  'delivery-worker': 'delivery worker',
  migrate: 'migrations: npm run db:migrate',
  demo: 'migrations: npm run db:migrate',
};

/** `npm start` announces over PostgreSQL, the containers over Redis. */
const EMBEDDED_ONLY = new Set(['PUBSUB_URL']);

const file = await readComposeFile(await readSampleEnv());
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');

function getService(name: string): ComposeService {
  const service = file.services[name];
  if (!service) throw new Error(`no service ${name}`);
  return service;
}

function getModel(service: string): z.ZodRawShape {
  const shape = ENV_MODELS[MODEL_OF[service] ?? ''];
  if (!shape) throw new Error(`no model for ${service}`);
  return shape;
}

test('every container of Flowgrid has a model of its environment', () => {
  const ours = Object.keys(file.services).filter((name) => file.services[name]?.build);

  expect(ours.toSorted()).toEqual(Object.keys(MODEL_OF).toSorted());
});

describe.each(Object.keys(MODEL_OF))('%s', (name) => {
  const { environment } = getService(name);
  const shape = getModel(name);

  test('every variable that is set is one that the program reads', () => {
    expect(Object.keys(environment).filter((variable) => !(variable in shape))).toEqual([]);
  });

  test('its environment is one that the program accepts, with nothing missing', () => {
    const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

    const { error } = z.object(shape).safeParse(given);

    expect(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []).toEqual([]);
  });

  test('.env.example names each of its variables', async () => {
    const names = new Set([...(await read('.env.example')).matchAll(/^(\w+)=/gm)].map(([, key]) => key));

    expect(Object.keys(environment).filter((variable) => !names.has(variable))).toEqual([]);
  });
});

test('Redis and PostgreSQL do not both carry announcements', () => {
  const both = Object.entries(file.services).filter(
    ([, { environment }]) => environment['REDIS_URL'] && environment['PUBSUB_URL'],
  );

  expect(both).toEqual([]);
});

const processes = platformProcesses({
  ports: DEFAULT_PORTS,
  databaseUrl: (role) => `postgresql://${role}@127.0.0.1:5432/flowgrid`,
  secrets: generateSecrets().services,
  nodeEnv: 'production',
  logLevel: 'info',
});

describe.each(PROCESS_NAMES)('%s, as npm start and as Compose run it', (name) => {
  const service = getService(name);
  const { workspace, entry, env } = processes[name];

  test('is the same program', async () => {
    const stages = await readDockerfile();
    const command = service.command ?? stages.find((stage) => stage.name === 'service')?.command;

    expect({ workspace: service.build?.args?.['WORKSPACE'], command }).toEqual({
      workspace,
      command: ['node', entry],
    });
  });

  test('needs the same variables', () => {
    const shape = getModel(name);
    const read = (names: readonly string[]): string[] =>
      names.filter((variable) => variable in shape && !EMBEDDED_ONLY.has(variable)).toSorted();
    const required = Object.keys(shape).filter(
      (variable) => !z.safeParse(shape[variable] ?? z.never(), undefined).success,
    );

    expect(read(Object.keys(service.environment))).toEqual(expect.arrayContaining(required));
    expect(read(Object.keys(env))).toEqual(expect.arrayContaining(required));
  });

  test('logs in as the same role', () => {
    const roleOf = (url: string | undefined): string | undefined => url && new URL(url).username;

    expect(roleOf(service.environment['DATABASE_URL'])).toBe(roleOf(env['DATABASE_URL']));
  });
});

test('a service listens at the port that it has in npm start', () => {
  const fixed = PROCESS_NAMES.filter((name) => DEFAULT_PORTS[name] !== 0);

  const ports = Object.fromEntries(fixed.map((name) => [name, Number(getService(name).environment['PORT'])]));

  expect(ports).toEqual(Object.fromEntries(fixed.map((name) => [name, DEFAULT_PORTS[name]])));
});

/** Where a name of docker-compose.yml answers. */
const LISTENS: Readonly<Record<string, number>> = {
  postgres: 5432,
  redis: 6379,
  'otel-collector': 4318,
  tempo: 3200,
  prometheus: 9090,
  grafana: 3000,
  ...Object.fromEntries(
    Object.entries(file.services).flatMap(([name, { environment }]) =>
      environment['PORT'] ? [[name, Number(environment['PORT'])]] : [],
    ),
  ),
};

test('an address in a variable is that of a service, at its port, on a network that both are on', () => {
  const addresses = Object.entries(file.services).flatMap(([name, { environment, networks }]) =>
    Object.entries(environment).flatMap(([variable, value]) =>
      variable === 'PUBLIC_URL'
        ? []
        : [...value.matchAll(/(?:\/\/|@)([a-z][a-z-]*):(\d+)/g)].map(([, host = '', port]) => ({
            name,
            host,
            port: Number(port),
            shared: networks.filter((network) => file.services[host]?.networks.includes(network)).length > 0,
          })),
    ),
  );

  expect(addresses.length).toBeGreaterThan(15);
  expect(addresses).toEqual(
    addresses.map(({ name, host }) => ({ name, host, port: LISTENS[host], shared: true })),
  );
});

test('nginx leads to services of Compose, at their ports, over a network that it is on', async () => {
  const upstreams = [
    ...(await read('deploy/nginx/site/upstreams.conf')).matchAll(/^\s*server ([\w-]+):(\d+)/gm),
  ];

  const found = Object.fromEntries(upstreams.map(([, host = '', port]) => [host, Number(port)]));

  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((host) => [host, LISTENS[host]])));
  expect(Object.keys(found).toSorted()).toEqual(['agents', 'auth', 'design', 'integrations', 'router']);
  expect(Object.keys(found).filter((host) => !getService(host).networks.includes('internal'))).toEqual([]);
  expect(Object.keys(getService('nginx').depends_on).toSorted()).toEqual(Object.keys(found).toSorted());
});

test('nginx listens where Compose publishes, and knows the public address', async () => {
  const listens = await Promise.all(
    ['http', 'https'].map((kind) => read(`deploy/nginx/site/listen-${kind}.conf`)),
  );
  const ports = listens.map((text) => Number(/^listen (\d+)/m.exec(text)?.[1]));
  const hosts = await read('deploy/nginx/site/hosts.conf');
  const publicUrl = new URL(String(getService('auth').environment['PUBLIC_URL']));

  expect(getService('nginx').ports).toEqual(['8443:8443', '8080:8080']);
  expect(ports).toEqual([8080, 8443]);
  expect(hosts).toContain(`\n${publicUrl.hostname} ${publicUrl.host};\n`);
});

test('Prometheus asks every process for its metrics, at its port', async () => {
  const Config = z.object({
    scrape_configs: z.tuple([
      z.object({ dns_sd_configs: z.array(z.object({ names: z.tuple([z.string()]), port: z.number() })) }),
    ]),
  });
  const {
    scrape_configs: [{ dns_sd_configs: asked }],
  } = Config.parse(parse(await read('deploy/observability/prometheus.yml')));

  const found = Object.fromEntries(asked.map(({ names: [name], port }) => [name, port]));

  expect(found).toEqual(Object.fromEntries(PROCESS_NAMES.map((name: ProcessName) => [name, LISTENS[name]])));
});

test('the addresses in the configuration of the observability profile are those of Compose', async () => {
  const names = ['otel-collector.yml', 'tempo.yml', 'grafana/provisioning/datasources/datasources.yml'];
  const texts = await Promise.all(names.map((name) => read(`deploy/observability/${name}`)));

  const hosts = texts.join('\n').matchAll(/(?:endpoint: |\/\/)([a-z][a-z-]*):\d+/g);

  expect(new Set([...hosts].map(([, host]) => host))).toEqual(new Set(['tempo', 'prometheus']));
});

test('every file that a container mounts is there', async () => {
  const mounted = Object.values(file.services).flatMap(({ volumes }) =>
    volumes.map((volume) => volume.split(':')[0] ?? '').filter((source) => source.startsWith('./')),
  );
  const made = './deploy/nginx/tls';

  const missing = await Promise.all(
    mounted
      .filter((source) => source !== made)
      .map((source) =>
        access(new URL(source, ROOT)).then(
          () => [],
          () => [source],
        ),
      ),
  );

  expect(mounted.length).toBeGreaterThan(8);
  expect(missing.flat()).toEqual([]);
});

test('the router knows the address of every subgraph of the supergraph', async () => {
  const supergraph = await read('router/supergraph.graphql');
  const names = [...supergraph.matchAll(/@join__graph\(name: "(\w+)"/g)].map(([, name = '']) =>
    name.toUpperCase(),
  );

  const set = Object.keys(getService('router').environment).filter((name) => name.startsWith('SUBGRAPH_'));

  expect(set.toSorted()).toEqual(names.map((name) => `SUBGRAPH_${name}_URL`).toSorted());
});

test('the workspace of every image is one of package.json', async () => {
  const workspaces = Object.values(file.services).flatMap(({ build }) => build?.args?.['WORKSPACE'] ?? []);
  const manifests = await Promise.all(workspaces.map((workspace) => read(`${workspace}/package.json`)));

  const names = manifests.map((text) => z.object({ name: z.string() }).parse(JSON.parse(text)).name);

  expect(names).toEqual(workspaces.map((workspace) => `@flowgrid/${basename(workspace)}`));
});
