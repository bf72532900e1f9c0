/** No secret of a credential comes out of the service again, whatever is done with it: everything that it writes is searched. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isObjectType } from 'graphql';
import { createSchema } from '../../../subgraphs/integrations/src/schema.ts';
import type { GraphQLAnswer } from '../../testkit/graphql.ts';
import { holdOutbox } from '../../testkit/outbox.ts';
import { until } from '../../testkit/wait.ts';
import { CREATE, DELETE, LIST, ROTATE, TEST, UPDATE } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

const stack = new AsyncDisposableStack();
let service: IntegrationsService;
let tenant: TestTenant;
const traces: Buffer[] = [];
const answers: GraphQLAnswer[] = [];

beforeAll(async () => {
  const collector = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => traces.push(chunk));
    request.on('end', () => response.writeHead(200).end());
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    collector.closeAllConnections();
    collector.close();
  });
  const address = collector.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  service = stack.use(
    await startIntegrations([], {
      LOG_LEVEL: 'trace',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    }),
  );
  await holdOutbox(service.rows, 'integrations');
  tenant = await service.tenant();
});
afterAll(() => stack.disposeAsync());

const secret = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`;
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

/** Each way of signing in, twice: as it is entered first, and as it is replaced. */
const WAYS = [
  ['GITHUB', () => ({ token: secret('token') })],
  ['GITHUB', () => ({ clientId: 'client', clientSecret: secret('github-client') })],
  ['JIRA', () => ({ email: 'bot@example.test', apiToken: secret('api-token') })],
  ['JIRA', () => ({ personalAccessToken: secret('personal') })],
  ['JIRA', () => ({ clientId: 'client', clientSecret: secret('jira-client') })],
  ['SERVICENOW', () => ({ username: 'bot', password: secret('password') })],
  ['SERVICENOW', () => ({ clientId: 'client', clientSecret: secret('servicenow-client') })],
  [
    'SERVICENOW',
    () => ({ clientId: 'client', clientSecret: secret('browser'), grantType: 'authorization_code' }),
  ],
  ['GITHUB', () => ({ appId: '1', installationId: '2', privateKey: PEM })],
] as const;

const SECRET_FIELDS = ['token', 'clientSecret', 'apiToken', 'personalAccessToken', 'password', 'privateKey'];

async function send(query: string, input: object): Promise<GraphQLAnswer> {
  const answer = await tenant.owner(query, { input });
  answers.push(answer);
  return answer;
}

/** What an integration goes through; at each path the other system answers differently, and echoes what it was sent. */
async function live(kind: string, make: () => object, index: number): Promise<readonly object[]> {
  const [first, second, third] = [make(), make(), make()];
  const base = { kind, name: `Integration ${index}`, baseUrl: `${service.vendor.url}/unauthorized` };
  const created = await send(CREATE, { ...base, credential: first });
  const { id } = (created.data as { result: { integration: { id: string } } }).result.integration;
  await send(CREATE, { ...base, id, credential: second });
  await send(TEST, { id });
  for (const path of ['forbidden', 'malformed'])
    await send(UPDATE, { id, baseUrl: `${service.vendor.url}/${path}`, credential: second }).then(() =>
      send(TEST, { id }),
    );
  await send(ROTATE, { id, credential: third });
  await send(ROTATE, { id, credential: { ...third, more: 'unknown' } });
  await send(UPDATE, { id, baseUrl: 'http://10.0.0.1', credential: third });
  await send(
    `mutation($input: StartIntegrationAuthorizationInput!) {
    result: startIntegrationAuthorization(input: $input) { errors { message } }
  }`,
    { integrationId: id },
  );
  answers.push(await tenant.viewer(LIST));
  answers.push(
    await tenant.viewer(
      `{ integrations { id items { edges { node { key } } } signIn { state endReason } } }`,
    ),
  );
  if (index % 2 === 0) await send(DELETE, { id });
  return [first, second, third];
}

/** The parts of a key file are secrets too. */
function valuesOf(credential: object): readonly string[] {
  return Object.entries(credential)
    .filter(([name]) => SECRET_FIELDS.includes(name))
    .flatMap(([, value]) =>
      String(value)
        .split('\n')
        .filter((line) => line.length >= 16 && !line.includes('---')),
    );
}

test('no answer, log line, row, event or trace has a secret of a credential', async () => {
  const credentials: object[] = [];
  for (const [index, [kind, make]] of WAYS.entries()) credentials.push(...(await live(kind, make, index)));
  const tables = await service.rows<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables
      WHERE table_schema = 'integrations' AND table_type = 'BASE TABLE'`,
  );
  const rows: unknown[] = [];
  for (const { name } of tables)
    rows.push(await service.rows(`SELECT row_to_json(t)::text FROM integrations.${name} AS t`));
  await until('traces have come', () => traces.length > 0);

  const secrets = [...new Set(credentials.flatMap(valuesOf))];
  const places = {
    answers: JSON.stringify(answers),
    log: service.platform.log.join('\n'),
    rows: JSON.stringify(rows),
    traces: Buffer.concat(traces).toString('latin1'),
  };
  expect(secrets.length).toBeGreaterThan(WAYS.length * 2);
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(1_000);
    const found = secrets.filter((value) =>
      // As it is, as a header of basic authentication carries it, and without its first character, by which it aligns otherwise.
      [value, base64(value), base64(`bot:${value}`), base64(`bot@example.test:${value}`)].some((form) =>
        text.includes(form),
      ),
    );
    expect(found, place).toEqual([]);
  }
});

/** Without the end, which depends on what follows. */
function base64(value: string): string {
  return Buffer.from(value)
    .toString('base64')
    .replace(/.{0,3}=*$/, '');
}

test('no type of the API has a field for a credential', () => {
  const fields = Object.values(createSchema().getTypeMap())
    .filter((type) => isObjectType(type))
    .filter(({ name }) => !name.startsWith('__') && name !== 'Mutation')
    .flatMap((type) => Object.keys(type.getFields()).map((field) => ({ type: type.name, field })));

  const suspicious = fields
    .filter(({ field }) => /credential|password|token|secret|privatekey|envelope|verifier/i.test(field))
    .map(({ type, field }) => `${type}.${field}`);

  expect(suspicious.toSorted()).toEqual([
    // Secrets that this platform makes for others are shown once, when they are made.
    'CreateInboundHookPayload.secret',
    'CreateWebhookEndpointPayload.secret',
    // Whether what is typed into a form is hidden.
    'CredentialField.isSecret',
    // Its last four characters.
    'Integration.credentialHint',
    'RotateInboundHookSecretPayload.secret',
    'RotateWebhookSecretPayload.secret',
    // When they were made, and public keys.
    'WebhookEndpoint.secrets',
  ]);
});
