/** Everything that docker-compose.yml starts, with its commands, its environment and the files of its images, and a design on it. */
import { accessSync, constants, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAmqpBroker, type AmqpBroker } from '../testkit/amqp/broker.ts';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';
import { subscribe } from '../testkit/subscription.ts';
import { ROOT } from './root.ts';
import { askEdge } from './run-edge.ts';
import { createImageBuilder } from './build-image.ts';
import { createComposeRun, makeFolder, type ComposeRun } from './compose-run.ts';

const START_LIMIT_MS = 480_000;

const PROCESSES = ['auth', 'agents', 'design', 'integrations', 'design-worker', 'delivery-worker', 'router'];

const DESCRIPTION = `A customer sends a claim by email. The claims clerk records the claim in Jira and checks the policy.
If the policy is valid, the team lead approves the claim. Otherwise the clerk rejects the claim and informs the customer.`;

const MISSING = ['redis-server', 'psql', 'nginx', 'openssl', 'wget'].filter(
  (program) => !isInstalled(program),
);

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const isPossible = MISSING.length === 0 || process.env['CI'] === 'true';

const folder = makeFolder('flowgrid-images-');
const images = createImageBuilder(folder);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** As docker-compose.yml says it for the emulator. */
const EMULATOR_KEY = 'SAS_KEY_VALUE';
const EMULATOR = `Endpoint=sb://servicebus;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${EMULATOR_KEY};UseDevelopmentEmulator=true;`;

const suite = isPossible ? describe : describe.skip;

suite.each([{ transport: 'PostgreSQL' }, { transport: 'Service Bus' }] as const)(
  `the full mode, with messages over $transport${isPossible ? '' : ` (not installed: ${MISSING.join(', ')})`}`,
  ({ transport }) => {
    const stack = new AsyncDisposableStack();
    let run: ComposeRun;
    let broker: AmqpBroker;

    beforeAll(async () => {
      broker = stack.use(await startAmqpBroker({ key: EMULATOR_KEY }));
      const known = { 'servicebus:5672': broker.port };
      const variables = transport === 'PostgreSQL' ? {} : { SERVICE_BUS_CONNECTION_STRING: EMULATOR };
      run = stack.use(await createComposeRun({ images, known, variables }));
      await run.start('redis');
      await run.job('roles');
      await run.job('migrate');
      await Promise.all(PROCESSES.filter((name) => name !== 'router').map((name) => run.start(name)));
      await run.start('router');
      await run.start('nginx');
      await run.job('demo');
    }, START_LIMIT_MS);

    afterAll(async () => {
      await stack.disposeAsync();
    });

    test('the services are connected to what carries their messages', () => {
      expect(broker.connections > 0).toBe(transport === 'Service Bus');
    });

    test('a demo user signs in, starts a design and sees it finished', async () => {
      const url = `${run.url('router')}/graphql`;
      const signIn = await postGraphQL(url, {
        query: 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }',
        variables: { input: { email: 'editor@acme.test', password: 'flowgrid-demo', tenant: 'acme' } },
      });
      const token = dataOf<{ signIn: { accessToken: string } }>(signIn).signIn.accessToken;
      const started = await postGraphQL(
        url,
        {
          query: 'mutation($input: StartDesignInput!) { startDesign(input: $input) { session { id } } }',
          variables: { input: { title: 'Claims', description: DESCRIPTION } },
        },
        token,
      );
      const { id } = dataOf<{ startDesign: { session: { id: string } } }>(started).startDesign.session;

      await using progress = subscribe(
        {
          query:
            'subscription($id: ID!) { designProgress(sessionId: $id) { state percent session { createdBy { name } } } }',
          variables: { id },
        },
        { url, token },
      );

      expect(await progress.ended).toBe('completed');
      expect(progress.events.at(-1)).toEqual({
        data: {
          designProgress: {
            state: 'SUCCEEDED',
            percent: 100,
            session: { createdBy: { name: expect.any(String) } },
          },
        },
      });
    });

    test('the demo data can be made again', async () => {
      expect(await run.job('demo')).toContain('the demo tenants have 12 agents');
    });

    test('nginx leads to the router, and not to what is inside', async () => {
      const edge = { port: run.loopback.port('nginx', 8443), ca: run.certificate };
      const query = '{ viewer { tenant { slug } } }';

      const answer = await askEdge({ ...edge, path: '/graphql', body: { query } });
      const issuer = await askEdge({ ...edge, path: '/.well-known/openid-configuration' });
      const inside = await askEdge({ ...edge, path: '/internal/context', body: {} });

      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        200,
        expect.objectContaining({ data: { viewer: null } }),
      ]);
      expect(JSON.parse(issuer.text)).toMatchObject({ issuer: 'https://localhost:8443' });
      expect(inside.status).toBe(404);
    });

    test('the dashboard asks for metrics that the processes have', async () => {
      const text = await readFile(
        new URL('deploy/observability/grafana/dashboards/flowgrid.json', ROOT),
        'utf8',
      );
      const asked = [...text.matchAll(/"expr": "(.*)"/g)].flatMap(([, expression = '']) => [
        ...expression.matchAll(/\b([a-z]+_[a-z0-9_]+?)(?:_bucket|_count)?(?=[{[)])/g),
      ]);
      const answers = await Promise.all(PROCESSES.map((name) => fetch(`${run.url(name)}/metrics`)));
      const metrics = (await Promise.all(answers.map((answer) => answer.text()))).join('\n');

      const missing = asked
        .map(([, name = '']) => name)
        .filter((name) => !metrics.includes(`# TYPE ${name} `));

      expect(asked.length).toBeGreaterThan(8);
      expect(missing).toEqual([]);
    });

    // What production must not show: the schema, and a page to explore it.
    test('the schema and the playground are hidden', async () => {
      const url = `${run.url('router')}/graphql`;

      const page = await fetch(url, { headers: { accept: 'text/html' } });
      const introspection = await postGraphQL(url, { query: '{ __schema { types { name } } }' });

      expect(await page.text()).not.toContain('graphiql');
      expect(introspection.data).toBeNull();
    });

    // Attack: whoever reads logs must not learn a secret.
    test('no secret is in a log', () => {
      const written = Object.keys(run.file.services)
        .flatMap((name) => run.log(name))
        .join('\n');

      const found = Object.entries(run.env).filter(([, value]) => written.includes(value));

      expect(found).toEqual([]);
    });
  },
);
