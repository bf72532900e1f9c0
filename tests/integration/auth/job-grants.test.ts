import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { createContextTokenVerifier, signContextToken, type ContextClaims } from '@flowgrid/access';
import { createLogger, newId, systemClock } from '@flowgrid/platform';
import { openKeyRing, type KeyRing } from '../../../subgraphs/auth/src/modules/signing-key/key-ring.ts';
import { PASSWORD, startAuthService, type AuthService } from './service.ts';

let auth: AuthService;
let keyRing: KeyRing;
let tenantId: string;
let contextToken: string;
let claims: Extract<ContextClaims, { kind: 'tenant' }>;
let job: { kind: 'DESIGN_JOB'; id: string; name: string };

const HOUR_MS = 60 * 60 * 1000;

beforeAll(async () => {
  auth = await startAuthService();
  const [tenant] = await auth.provision({
    tenants: [
      {
        slug: 'one',
        name: 'One',
        users: [
          { email: 'ada@one.test', name: 'Ada', password: PASSWORD, role: 'EDITOR' },
          { email: 'eve@one.test', name: 'Eve', password: PASSWORD, role: 'EDITOR' },
        ],
      },
    ],
  });
  tenantId = tenant?.id ?? '';
  const userId = tenant?.users[0]?.id ?? '';
  const { authKeySecret } = inject('postgres').secrets.services;
  const keySecret = Buffer.from(authKeySecret, 'base64');
  const logger = createLogger({ name: 'test', level: 'silent' });
  keyRing = await openKeyRing({ database: auth.database, keySecret, clock: systemClock, logger });
  const { accessToken } = await auth.signIn({ email: 'ada@one.test' });
  const { tokens } = (await auth.exchange(`Bearer ${accessToken}`, ['design'])).body;
  contextToken = tokens['design'] ?? '';
  claims = {
    kind: 'tenant',
    tenantId,
    actor: { kind: 'USER', id: userId, name: 'Ada', userId },
    permissions: ['agent:read', 'agent:write', 'design:run'],
    sessionId: newId(),
  };
});
beforeEach(() => {
  job = { kind: 'DESIGN_JOB', id: newId(), name: 'Design of claims' };
});
afterAll(async () => {
  keyRing[Symbol.dispose]();
  await auth[Symbol.asyncDispose]();
});

interface GrantAnswer {
  readonly status: number;
  readonly body: {
    readonly token?: string;
    readonly expiresAt?: string;
    readonly errors?: readonly { extensions: { code: string } }[];
  };
}

async function grant(body: Record<string, unknown> = {}, authorization?: string): Promise<GrantAnswer> {
  const secret = inject('postgres').secrets.services.grantSecret;
  const response = await fetch(`${auth.url}/internal/grant`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: authorization ?? `Bearer ${secret}` },
    body: JSON.stringify({ contextToken, audience: 'agents', permissions: ['agent:read'], job, ...body }),
  });
  return { status: response.status, body: (await response.json()) as GrantAnswer['body'] };
}

const evidence = (changes: Partial<typeof claims>, audience = 'design', ageMs = 0): Promise<string> =>
  signContextToken({ ...claims, ...changes }, audience, {
    key: keyRing.signer('context'),
    clock: { now: () => new Date(Date.now() - ageMs) },
  });

test('a job gets a token for one service, with what was asked for and the user may do', async () => {
  const { status, body } = await grant({
    permissions: ['agent:read', 'agent:write', 'tenant:manage', 'unheard:of'],
  });

  expect(status).toBe(200);
  const verifier = createContextTokenVerifier({
    audience: 'agents',
    keys: keyRing.verifier('context'),
    clock: systemClock,
  });
  const viewer = await verifier.authenticate(`Bearer ${body.token}`);
  expect(viewer).toMatchObject({
    kind: 'tenant',
    tenantId,
    actor: { kind: 'DESIGN_JOB', id: job.id, name: job.name, userId: claims.actor.id },
    permissions: new Set(['agent:read', 'agent:write']),
    sessionId: null,
  });
});

test('the first grant of a job is audited, the following are not', async () => {
  await grant();
  await grant();
  await grant();

  const events = await auth.database.readInTenant(tenantId, (tx) =>
    tx.auditEvent.findMany({ where: { tenantId, action: 'job.granted', resourceId: job.id } }),
  );
  expect(events).toEqual([
    expect.objectContaining({
      actorName: 'Ada',
      actorUserId: claims.actor.id,
      resourceType: 'design_job',
      changes: { audience: 'agents', permissions: 'agent:read' },
    }),
  ]);
});

test('the evidence may have expired, up to a day ago', async () => {
  const [yesterday, before] = await Promise.all([
    grant({ contextToken: await evidence({}, 'design', 23 * HOUR_MS) }),
    grant({ contextToken: await evidence({}, 'design', 25 * HOUR_MS) }),
  ]);

  expect(yesterday?.status).toBe(200);
  expect(before?.status).toBe(401);
});

// Attack: whoever can call the route makes itself a token out of something else than a user's request.
test.each<[string, () => Promise<string> | string]>([
  ['a token for another service', () => evidence({}, 'agents')],
  ['the token of a job', () => evidence({ actor: { ...claims.actor, kind: 'DESIGN_JOB' } })],
  ['a token of nobody', async () => (await auth.exchange(undefined, ['design'])).body.tokens['design'] ?? ''],
  ['an access token', async () => (await auth.signIn({ email: 'ada@one.test' })).accessToken],
  ['a word', () => 'nonsense'],
])('%s is no evidence', async (_case, make) => {
  const { status, body } = await grant({ contextToken: await make() });

  expect(status).toBe(401);
  expect(body.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

test('a job may do nothing that its user may not, now or when it was started', async () => {
  const answers = await Promise.all([
    grant({ permissions: ['tenant:manage'] }),
    grant({ contextToken: await evidence({ permissions: ['agent:read'] }), permissions: ['agent:write'] }),
    grant({ contextToken: await evidence({ permissions: ['user:manage'] }), permissions: ['user:manage'] }),
    grant({ contextToken: await evidence({ tenantId: newId() }) }),
  ]);

  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  expect(answers.map(({ body }) => body.errors?.[0]?.extensions.code)).toEqual(Array(4).fill('FORBIDDEN'));
});

test('a job whose user was deactivated gets nothing more', async () => {
  const userId = claims.actor.id;
  const setStatus = (status: string): Promise<unknown> =>
    auth.database.inTenant(tenantId, (tx) =>
      tx.user.updateMany({ where: { tenantId, id: userId }, data: { status } }),
    );
  const before = await grant();

  await setStatus('DEACTIVATED');
  const after = await grant();
  await setStatus('ACTIVE');

  expect([before.status, after.status]).toEqual([200, 403]);
});

test('a job stays with the user who started it', async () => {
  const { accessToken } = await auth.signIn({ email: 'eve@one.test' });
  const eve = (await auth.exchange(`Bearer ${accessToken}`, ['design'])).body.tokens['design'];

  const [first, second, third] = [await grant(), await grant({ contextToken: eve }), await grant()];

  expect([first.status, second.status, third.status]).toEqual([200, 403, 200]);
});

test.each(['', 'Bearer', 'Bearer wrong', `Bearer ${Buffer.alloc(32).toString('base64')}`, 'Basic c2VjcmV0'])(
  'without the grant secret nothing is granted: %j',
  async (authorization) => {
    const { status, body } = await grant({}, authorization);

    expect(status).toBe(401);
    expect(body.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  },
);

test.each([
  { audience: 'Agents!' },
  { permissions: [] },
  { permissions: Array(17).fill('agent:read') },
  { job: { kind: 'SYSTEM', id: newId(), name: 'x' } },
  { job: { kind: 'DESIGN_JOB', id: 'x', name: 'x' } },
  { contextToken: '' },
])('a request with %j is refused with a code', async (changes) => {
  const { status, body } = await grant(changes);

  expect(status).toBe(400);
  expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});
