/** docker-compose.yml is what Compose understands, and every container has what it needs and nothing more. */
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { listComposeVariables, readComposeFile, readComposeSource } from './compose-file.ts';
import { readSampleEnv } from './sample-env.ts';

const file = await readComposeFile(await readSampleEnv());
const services = Object.entries(file.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const JOBS = ['roles', 'migrate', 'demo'];

const pick = (values: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> =>
  name in values ? { [name]: values[name] } : {};

test('the file fits the schema of the Compose specification', async () => {
  const schema = JSON.parse(
    await readFile(new URL('schema/compose-spec.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
  // Ajv knows draft 7 by its http address only; the formats are Compose's own words.
  const ajv = new Ajv({
    strict: false,
    validateSchema: false,
    allErrors: true,
    formats: {
      duration: /^(\d+(\.\d+)?(us|ms|s|m|h))+$/,
      ports: true,
      expose: true,
      subnet_ip_address: true,
    },
  });
  const { $schema: _, ...rules } = schema;

  const fits = ajv.compile(rules);

  expect({ ok: fits(await readComposeSource()), errors: fits.errors }).toEqual({ ok: true, errors: null });
  expect(fits({ services: { router: { image: 'a', memory: '1G' } } })).toBe(false);
});

/** What Flowgrid cannot do without; keys of AI providers are theirs to make, and optional. */
const isSecret = (name: string): boolean => /PASSWORD|SECRET|(?<!_API)_KEY$/.test(name);

// A default in the file would be the secret of everybody who does not read it.
test('no secret has a default', async () => {
  const secrets = [...(await listComposeVariables())].filter(isSecret);

  const refused = await Promise.all(
    secrets.map(async (name) => {
      const { [name]: _, ...rest } = await readSampleEnv();
      return [
        name,
        await readComposeFile(rest).then(
          () => 'starts',
          () => 'refuses',
        ),
      ];
    }),
  );

  expect(secrets.length).toBeGreaterThan(10);
  expect(Object.fromEntries(refused)).toEqual(Object.fromEntries(secrets.map((name) => [name, 'refuses'])));
});

test('every secret is made by the script', async () => {
  const made = await readSampleEnv();

  const wanted = [...(await listComposeVariables())].filter(isSecret);

  expect(Object.keys(made).toSorted()).toEqual(wanted.toSorted());
});

// Attack: a service that is taken over asks AI providers at the platform's cost.
test('only the design worker has keys of AI providers, and the service says for which', async () => {
  const keys = { ANTHROPIC_API_KEY: 'key-of-anthropic', OPENAI_API_KEY: 'key-of-openai' };
  const { services: started } = await readComposeFile({ ...(await readSampleEnv()), ...keys });
  const holding = Object.entries(started).filter(([, service]) =>
    JSON.stringify(service).includes('key-of-'),
  );

  expect(holding.map(([name]) => name)).toEqual(['design-worker']);
  expect(started['design']?.environment['AI_PROVIDERS']).toBe('anthropic,openai');
  expect(file.services['design']?.environment['AI_PROVIDERS']).toBe(',');
});

/** Microsoft's images, for development only: what they write and which rights they need is not ours to say. */
const EMULATOR = ['servicebus', 'servicebus-sql'];

describe.each(services)('%s', (name, service) => {
  test('gains no rights', () => {
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
  });

  test('is limited in processors, memory and processes', () => {
    const { cpus, memory, pids } = service.deploy.resources.limits;

    expect([Number(cpus) > 0, /^\d+[MG]$/.test(memory), pids > 0]).toEqual([true, true, true]);
  });

  test('comes from a pinned image', () => {
    const pinned = service.build ? /^flowgrid\/[a-z-]+:local$/ : /:v?\d+[\w.-]*\d/;

    expect(service.image).toMatch(pinned);
  });

  test('starts again when it fails, unless a person started it', () => {
    const wanted = { roles: 'on-failure:3', migrate: 'on-failure:3', demo: undefined };

    expect({ [name]: service.restart }).toEqual({ [name]: 'unless-stopped', ...pick(wanted, name) });
  });

  test('waits for services that say when they are ready, and for jobs to end', () => {
    const waits = Object.entries(service.depends_on).map(([other, { condition }]) => {
      const dependency = file.services[other];
      const hasCheck = dependency?.build !== undefined || dependency?.healthcheck !== undefined;
      const isChecked = hasCheck && !JOBS.includes(other);
      return { other, condition, isChecked };
    });

    expect(waits).toEqual(
      waits.map(({ other }) => ({
        other,
        condition: JOBS.includes(other) ? 'service_completed_successfully' : 'service_healthy',
        isChecked: !JOBS.includes(other),
      })),
    );
  });
});

test.each(services.filter(([name]) => !EMULATOR.includes(name)))(
  '%s: runs without rights on a read-only file system',
  (_, { read_only: readOnly, cap_drop: dropped, cap_add: added }) => {
    expect({ readOnly, dropped, added }).toEqual({ readOnly: true, dropped: ['ALL'], added: undefined });
  },
);

test.each(ours)('%s: the services of Flowgrid have an init', (_, service) => {
  expect(service.init).toBe(true);
});

// What is taken over at the edge must not reach a database, and a database must not reach the world.
test('nginx has the only ports that other machines reach, and no way to the data', () => {
  const published = services.filter(([, { ports }]) => ports.some((port) => !port.startsWith('127.0.0.1:')));
  const onNetwork = (network: string): string[] =>
    services.filter(([, { networks }]) => networks.includes(network)).map(([name]) => name);

  expect(published.map(([name]) => name)).toEqual(['nginx']);
  expect(onNetwork('edge')).toEqual([
    'nginx',
    'design-worker',
    'integrations',
    'delivery-worker',
    'servicebus',
    'grafana',
  ]);
  expect(onNetwork('data')).not.toContain('nginx');
  expect(file.services['postgres']?.networks).toEqual(['data']);
  expect(file.services['redis']?.networks).toEqual(['data']);
  expect(file.networks).toEqual({ edge: {}, internal: { internal: true }, data: { internal: true } });
});

// Each subgraph logs in as itself: what takes over one service does not get the data of another.
test('only the jobs know the passwords of the administrator and of the owner', async () => {
  const env = await readSampleEnv();
  const knows = (secret: string): string[] =>
    services
      .filter(([, { environment }]) =>
        Object.values(environment).some((value) => value.includes(env[secret] ?? '?')),
      )
      .map(([name]) => name);

  expect(knows('POSTGRES_PASSWORD')).toEqual(['postgres', 'roles']);
  expect(knows('OWNER_DB_PASSWORD')).toEqual(['roles', 'migrate']);
  expect(knows('AUTH_DB_PASSWORD')).toEqual(['auth', 'roles', 'demo']);
  expect(knows('AUTH_KEY_SECRET')).toEqual(['auth']);
  expect(knows('CREDENTIALS_KEY')).toEqual(['integrations', 'delivery-worker']);
  expect(knows('ARTIFACT_LINK_SECRET')).toEqual(['design']);
  expect(knows('GRANT_SECRET')).toEqual(['auth', 'design', 'design-worker']);
});
