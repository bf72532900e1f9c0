/** Sign-ins at other systems as clients make them, against a strict vendor: who began one ends it, once. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  APP,
  CLOUD_ID,
  OAUTH_CLIENT,
  startOAuthServer,
  type OAuthServer,
} from '../../../subgraphs/integrations/src/testkit/oauth-server.ts';
import { codesOf, dataOf, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import { CREATE, ROTATE, TEST, type Payload, type Report } from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService, type TestTenant } from './service.ts';

const PUBLIC_URL = 'https://flowgrid.test';
const START = `mutation($input: StartIntegrationAuthorizationInput!) {
  result: startIntegrationAuthorization(input: $input) { authorizationUrl errors { code message path } }
}`;
const COMPLETE = `mutation($input: CompleteIntegrationAuthorizationInput!) {
  result: completeIntegrationAuthorization(input: $input) {
    integration { id status lastError signIn { state endReason redirectUrl } }
    report { ok account message }
    errors { code message path }
  }
}`;
const SIGN_IN = 'query($id: ID!) { integration(id: $id) { status signIn { state endReason redirectUrl } } }';

type Completed = Payload & { readonly report: Report | null };

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

let vendor: OAuthServer;
let service: IntegrationsService;
let tenant: TestTenant;

beforeAll(async () => {
  vendor = await startOAuthServer();
  service = await startIntegrations([vendor.host], {
    PUBLIC_URL,
    ATLASSIAN_AUTH_URL: vendor.url,
    ATLASSIAN_API_URL: vendor.url,
    GITHUB_AUTH_URL: vendor.url,
  });
  await holdOutbox(service.rows, 'integrations');
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await vendor[Symbol.asyncDispose]();
});
beforeEach(async () => {
  Object.assign(vendor, {
    deny: false,
    iss: null,
    sites: [vendor.url],
    rotates: true,
    lifeSeconds: 3_600,
    appKey: publicKey,
    saysErrorsWith200: false,
  });
  tenant = await service.tenant();
});

const KINDS = [
  ['GITHUB', {}, 'octocat'],
  ['JIRA', {}, 'person@example.test'],
  ['SERVICENOW', { grantType: 'authorization_code' }, 'person'],
] as const;
type Kind = (typeof KINDS)[number][0];

async function create(kind: Kind = 'JIRA', credential: object = OAUTH_CLIENT): Promise<string> {
  const input = { kind, name: kind, baseUrl: vendor.url, credential };
  const { integration, errors } = dataOf<{ result: Payload }>(await tenant.owner(CREATE, { input })).result;
  if (!integration) throw new Error(JSON.stringify(errors));
  return integration.id;
}

async function begin(integrationId: string, ask: Ask = tenant.owner): Promise<string> {
  const answer = await ask(START, { input: { integrationId } });
  return dataOf<{ result: { authorizationUrl: string } }>(answer).result.authorizationUrl;
}

/** What the callback page hands over. */
function handedOver(url: string): Readonly<Record<string, string>> {
  return Object.fromEntries(vendor.signIn(url).searchParams);
}

const complete = (input: object, ask: Ask = tenant.owner): Promise<GraphQLAnswer> => ask(COMPLETE, { input });

async function completed(input: object): Promise<Completed> {
  return dataOf<{ result: Completed }>(await complete(input)).result;
}

async function runTest(id: string): Promise<Report> {
  const answer = await tenant.owner(TEST, { input: { id } });
  return dataOf<{ result: { report: Report } }>(answer).result.report;
}

async function signInOf(id: string): Promise<unknown> {
  return dataOf<{ integration: { signIn: unknown } }>(await tenant.viewer(SIGN_IN, { id })).integration
    .signIn;
}

const redirectUrl = `${PUBLIC_URL}/oauth/callback`;

describe('a sign-in in the browser', () => {
  test.each(KINDS)('at %s ends in a connection that works', async (kind, more, account) => {
    const id = await create(kind, { ...OAUTH_CLIENT, ...more });
    expect(await signInOf(id)).toEqual({ state: 'SIGNED_OUT', endReason: null, redirectUrl });

    const { integration, report, errors } = await completed(handedOver(await begin(id)));

    expect({ integration, errors }).toEqual({
      integration: {
        id,
        status: 'HEALTHY',
        lastError: null,
        signIn: { state: 'SIGNED_IN', endReason: null, redirectUrl },
      },
      errors: [],
    });
    expect(report).toMatchObject({ ok: true, account });
    expect(await runTest(id)).toMatchObject({ ok: true });
  });

  test('asks for what it needs, with a challenge and a state that nobody can guess', async () => {
    const [one, other] = [new URL(await begin(await create())), new URL(await begin(await create('GITHUB')))];

    const { state, code_challenge: challenge, ...asked } = Object.fromEntries(one.searchParams);
    expect(`${one.origin}${one.pathname}`).toBe(`${vendor.url}/authorize`);
    expect(asked).toEqual({
      audience: 'api.atlassian.com',
      prompt: 'consent',
      response_type: 'code',
      client_id: OAUTH_CLIENT.clientId,
      redirect_uri: redirectUrl,
      scope: 'read:jira-work write:jira-work read:jira-user manage:jira-webhook offline_access',
      code_challenge_method: 'S256',
    });
    expect(Buffer.from(state ?? '', 'base64url')).toHaveLength(32);
    expect(Buffer.from(challenge ?? '', 'base64url')).toHaveLength(32);
    expect(other.searchParams.get('state')).not.toBe(state);
    expect(other.searchParams.get('code_challenge')).not.toBe(challenge);
    const stored = JSON.stringify(await service.rows('SELECT * FROM integrations.authorization_request'));
    expect(stored).not.toContain(state);
  });

  test('at Jira leads to the API of the site that was connected', async () => {
    const id = await create();
    vendor.sites = ['https://other.example', `${vendor.url}/`];

    await completed(handedOver(await begin(id)));

    expect(vendor.requests).toContain(`GET /ex/jira/${CLOUD_ID}/rest/api/3/myself`);
  });

  test('at Jira without access to the site says so', async () => {
    const id = await create();
    vendor.sites = ['https://other.example'];

    const { integration, errors } = await completed(handedOver(await begin(id)));

    expect(integration).toBeNull();
    expect(errors).toEqual([
      {
        code: 'INVALID',
        message: `Whoever signed in has no access to ${vendor.url}. Choose this site when signing in.`,
        path: ['code'],
      },
    ]);
  });

  test('that is declined says so', async () => {
    const url = await begin(await create());
    vendor.deny = true;

    const { errors } = await completed(handedOver(url));

    expect(errors).toEqual([
      { code: 'ACCESS_DENIED', message: 'The sign-in was declined at Jira.', path: ['error'] },
    ]);
  });

  test.each([200, 400])('with a code that the vendor does not take says so (%i)', async (status) => {
    vendor.saysErrorsWith200 = status === 200;
    const given = handedOver(await begin(await create()));

    const { errors } = await completed({ ...given, code: 'code-of-somebody-else' });

    expect(errors).toEqual([
      { code: 'INVALID', message: 'Jira does not accept the code. Sign in again.', path: ['code'] },
    ]);
  });

  // Attack (mix-up, RFC 9207): a server of the attacker's answers in the place of the one that was asked.
  test('is not ended by another server than the one that was asked', async () => {
    const id = await create();
    vendor.iss = 'https://attacker.example';
    const { errors } = await completed(handedOver(await begin(id)));
    expect(errors).toMatchObject([{ code: 'INVALID', path: ['iss'] }]);

    vendor.iss = vendor.url;
    expect((await completed(handedOver(await begin(id)))).errors).toEqual([]);
  });

  test('is for credentials that need one', async () => {
    const id = await create('SERVICENOW', OAUTH_CLIENT);

    const answer = await tenant.owner(START, { input: { integrationId: id } });

    expect(dataOf<{ result: Payload }>(answer).result.errors).toMatchObject([
      { code: 'INVALID', path: ['integrationId'] },
    ]);
    expect(await signInOf(id)).toBeNull();
  });

  test('is told in the audit and as events, without what it gave', async () => {
    const id = await create();
    await completed(handedOver(await begin(id)));

    const audit = await listAudit(service.rows, 'integrations', tenant.id);
    const events = await listEvents(service.rows, 'integrations', tenant.id);
    const types = events.map(({ type }) => type).filter((type) => type.includes('authorization'));
    expect(types).toEqual(['integration.authorization.started', 'integration.authorization.completed']);
    expect(events.map(({ id: eventId }) => eventId)).toEqual(audit.map(({ id: auditId }) => auditId));
  });
});

describe('who ends a sign-in', () => {
  // Attack (login CSRF): a victim's browser is made to hand over the attacker's code, or the attacker has the victim's.
  test('is who began it: to another user, and to another tenant, it is unknown', async () => {
    const given = handedOver(await begin(await create()));
    const stranger = await service.tenant();

    expect(codesOf(await complete(given, tenant.otherOwner))).toEqual(['NOT_FOUND']);
    expect(codesOf(await complete(given, stranger.owner))).toEqual(['NOT_FOUND']);
    expect((await completed(given)).errors).toEqual([]);
  });

  test('ends it once, whatever came of it', async () => {
    const id = await create();
    const given = handedOver(await begin(id));
    const wrong = handedOver(await begin(id));

    await completed({ ...wrong, code: 'wrong' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => complete(given)));

    expect(codesOf(await complete(wrong))).toEqual(['NOT_FOUND']);
    expect(answers.filter((answer) => codesOf(answer).length === 0)).toHaveLength(1);
  });

  test('has ten minutes', async () => {
    const given = handedOver(await begin(await create()));
    const [life] = await service.rows<{ seconds: string }>(
      `SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM integrations.authorization_request
        WHERE tenant_id = $1`,
      [tenant.id],
    );
    await service.rows(
      'UPDATE integrations.authorization_request SET expires_at = now() WHERE tenant_id = $1',
      [tenant.id],
    );

    expect(life?.seconds).toBe(600);
    expect(codesOf(await complete(given))).toEqual(['NOT_FOUND']);
  });

  test('needs the right to manage integrations', async () => {
    const id = await create();

    expect(codesOf(await tenant.viewer(START, { input: { integrationId: id } }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await complete({ state: 'x', code: 'y' }, tenant.viewer))).toEqual(['FORBIDDEN']);
    expect(codesOf(await tenant.owner(START, { input: { integrationId: newId() } }))).toEqual(['NOT_FOUND']);
  });

  test('does not end it for a credential that was replaced meanwhile', async () => {
    const id = await create();
    const given = handedOver(await begin(id));
    await tenant.owner(ROTATE, { input: { id, credential: OAUTH_CLIENT } });

    expect(codesOf(await complete(given))).toEqual(['CONFLICT']);
    expect(await signInOf(id)).toMatchObject({ state: 'SIGNED_OUT' });
  });
});

describe('a connection that signed in in the browser', () => {
  test('gets another token when the one it has is refused', async () => {
    const id = await create();
    await completed(handedOver(await begin(id)));

    vendor.expire();

    expect(await runTest(id)).toMatchObject({ ok: true, account: 'person@example.test' });
  });

  test('says what to do when the vendor has ended the sign-in, until somebody signs in again', async () => {
    const id = await create();
    await completed(handedOver(await begin(id)));
    vendor.revoke();
    const endReason = 'Jira has ended the sign-in. Sign in again.';

    expect(await runTest(id)).toMatchObject({ ok: false, message: endReason });

    expect(await signInOf(id)).toEqual({ state: 'ENDED', endReason, redirectUrl });
    const { integration } = dataOf<{ integration: { status: string } }>(await tenant.viewer(SIGN_IN, { id }));
    expect(integration.status).toBe('BROKEN');
    expect((await completed(handedOver(await begin(id)))).integration).toMatchObject({ status: 'HEALTHY' });
  });

  // Else a credential that was entered for one server would be sent to the one that a former sign-in led to.
  test('leads nowhere any more when another credential takes its place', async () => {
    const id = await create();
    await completed(handedOver(await begin(id)));
    const before = vendor.requests.length;
    const credential = { email: 'person@example.test', apiToken: 'token-of-another-server' };

    await tenant.owner(ROTATE, { input: { id, credential } });
    await runTest(id);

    const asked = vendor.requests.slice(before);
    expect(asked).not.toEqual([]);
    expect(asked.filter((request) => request.includes('/ex/jira/'))).toEqual([]);
  });

  test('says that nobody has signed in yet', async () => {
    const id = await create('GITHUB');

    expect(await runTest(id)).toMatchObject({
      ok: false,
      message: 'Nobody has signed in at GitHub yet. Sign in.',
    });
  });
});

describe('other ways of signing in', () => {
  test('a GitHub App acts as itself, by a token that is asked for once', async () => {
    const id = await create('GITHUB', { ...APP, privateKey: PEM });
    const asked = (): number => vendor.requests.filter((r) => r.endsWith('/access_tokens')).length;
    const before = asked();

    const reports = [await runTest(id), await runTest(id)];

    expect(reports.map(({ ok }) => ok)).toEqual([true, true]);
    expect(asked()).toBe(before + 1);
    vendor.expire();
    expect(await runTest(id)).toMatchObject({ ok: true });
  });

  test('a GitHub App with another key is not accepted', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = other.export({ type: 'pkcs8', format: 'pem' }).toString();
    const id = await create('GITHUB', { ...APP, privateKey: pem });

    expect(await runTest(id)).toMatchObject({
      ok: false,
      message: 'GitHub does not accept the credential (401). Enter a valid one.',
    });
  });

  test('what is no key file is not stored, and not repeated', async () => {
    const input = { kind: 'GITHUB', name: 'App', credential: { ...APP, privateKey: 'top secret' } };

    const { errors } = dataOf<{ result: Payload }>(await tenant.owner(CREATE, { input })).result;

    expect(errors).toMatchObject([{ code: 'INVALID', path: ['credential', 'privateKey'] }]);
    expect(JSON.stringify(errors)).not.toContain('top secret');
  });

  test('ServiceNow takes a client, whose token is asked for once', async () => {
    const id = await create('SERVICENOW', OAUTH_CLIENT);
    const before = vendor.granted.length;

    expect(await runTest(id)).toMatchObject({ ok: true });
    expect(await runTest(id)).toMatchObject({ ok: true });

    expect(vendor.granted.slice(before)).toEqual(['client_credentials']);
  });
});

describe('the callback page', () => {
  test('is the same for everybody, runs its own script alone, and is kept and shown nowhere', async () => {
    const response = await fetch(`${service.url}/oauth/callback?state=secret-state&code=secret-code`);
    const page = await response.text();

    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      ),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(page).not.toContain('secret-');
    expect(page).toBe(await (await fetch(`${service.url}/oauth/callback`)).text());
  });
});

test('no secret of any sign-in is in the log, the audit or an event', async () => {
  const id = await create();
  await completed(handedOver(await begin(id)));
  vendor.expire();
  await runTest(id);
  await fetch(`${service.url}/oauth/callback?state=state-in-a-query&code=code-in-a-query`);
  const rows = await service.rows(
    `SELECT changes::text AS text FROM integrations.audit_event
      UNION ALL SELECT body FROM integrations.outbox_event
      UNION ALL SELECT envelope::text FROM integrations.oauth_token
      UNION ALL SELECT envelope::text FROM integrations.integration_credential`,
  );
  const written = `${service.platform.log.join('\n')}\n${JSON.stringify(rows)}`;

  const secrets = [...vendor.secrets, OAUTH_CLIENT.clientSecret, PEM.split('\n')[3] ?? PEM, 'in-a-query'];
  expect(vendor.secrets.length).toBeGreaterThanOrEqual(5);
  expect(secrets.filter((secret) => written.includes(secret))).toEqual([]);
});
