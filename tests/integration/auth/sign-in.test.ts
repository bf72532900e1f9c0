import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { codesOf, postGraphQL } from '../../testkit/graphql.ts';
import { PASSWORD, SIGN_IN, startAuthService, type AuthService } from './service.ts';

let auth: AuthService;

const VIEWER = `{ viewer {
  user { email name status roles { name } } tenant { slug name } permissions
  memberships { tenant { slug } user { email } roles { name } }
} }`;

const WRONG = [
  {
    code: 'INVALID_CREDENTIALS',
    message: 'Email, password or tenant is not right.',
    path: ['password'],
  },
];

beforeAll(async () => {
  auth = await startAuthService();
  const ada = { email: 'ada@one.test', name: 'Ada', password: PASSWORD };
  await auth.provision({
    tenants: [
      {
        slug: 'one',
        name: 'One',
        users: [
          { ...ada, role: 'EDITOR' },
          { email: 'solo@one.test', name: 'Solo', password: PASSWORD, role: 'VIEWER' },
          { email: 'gone@one.test', name: 'Gone', password: PASSWORD, role: 'OWNER' },
        ],
      },
      { slug: 'two', name: 'Two', users: [{ ...ada, role: 'OWNER' }] },
      { slug: 'three', name: 'Three', users: [] },
    ],
  });
  await auth.database.withoutTenant((client) =>
    client.account.update({ where: { email: 'gone@one.test' }, data: { status: 'DEACTIVATED' } }),
  );
});
afterAll(async () => {
  await auth[Symbol.asyncDispose]();
});

test('a user signs in, the email in any case, and is the viewer of the payload and of what follows', async () => {
  const input = { email: ' ADA@one.test ', password: PASSWORD, tenant: 'Two' };

  const answer = await auth.ask(SIGN_IN, { variables: { input } });

  expect(answer.errors).toEqual([]);
  const { signIn } = answer.data as { signIn: { accessToken: string; viewer: unknown; errors: unknown } };
  expect(signIn.errors).toEqual([]);
  expect(signIn.viewer).toMatchObject({ user: { email: 'ada@one.test' }, tenant: { slug: 'two' } });
  const after = await auth.ask(VIEWER, { accessToken: signIn.accessToken });
  expect(after.errors).toEqual([]);
  expect(after.data).toMatchObject({
    viewer: {
      user: { email: 'ada@one.test', name: 'Ada', status: 'ACTIVE', roles: [{ name: 'OWNER' }] },
      tenant: { slug: 'two', name: 'Two' },
      permissions: expect.arrayContaining(['agent:read', 'tenant:manage']),
      memberships: [
        { tenant: { slug: 'one' }, user: { email: 'ada@one.test' }, roles: [{ name: 'EDITOR' }] },
        { tenant: { slug: 'two' }, user: { email: 'ada@one.test' }, roles: [{ name: 'OWNER' }] },
      ],
    },
  });
});

test('who belongs to one tenant need not name it; who belongs to several must', async () => {
  const solo = await auth.signIn({ email: 'solo@one.test' });
  const ada = await auth.signIn({ email: 'ada@one.test' });

  expect(solo.errors).toEqual([]);
  expect(ada).toMatchObject({ accessToken: null, errors: [{ code: 'REQUIRED', path: ['tenant'] }] });
});

// Attack: learning from the answers who has an account, and where.
test.each([
  ['a wrong password', { email: 'solo@one.test', password: 'wrong' }],
  ['a wrong password of a member of several tenants', { email: 'ada@one.test', password: 'wrong' }],
  ['an unknown email', { email: 'nobody@one.test' }],
  ['an unknown tenant', { email: 'solo@one.test', tenant: 'nowhere' }],
  ['a tenant of others', { email: 'solo@one.test', tenant: 'two' }],
  ['a tenant that is no name', { email: 'solo@one.test', tenant: "' OR true --" }],
  ['a deactivated account', { email: 'gone@one.test', tenant: 'one' }],
])('%s gets the one answer for all of them', async (_case, input) => {
  expect(await auth.signIn(input)).toMatchObject({ accessToken: null, refreshToken: null, errors: WRONG });
});

describe('what cannot be right is said before anything is looked up', () => {
  test.each([
    ['an empty email', { email: '  ' }, 'REQUIRED', 'email'],
    ['an empty password', { email: 'a@b.test', password: '' }, 'REQUIRED', 'password'],
    ['an empty tenant', { email: 'a@b.test', tenant: '' }, 'REQUIRED', 'tenant'],
    ['no email address', { email: 'ada' }, 'INVALID', 'email'],
    ['a NUL in the email', { email: 'a\0@b.test' }, 'INVALID', 'email'],
    ['a NUL in the tenant', { email: 'a@b.test', tenant: 'a\0' }, 'INVALID', 'tenant'],
    ['too long an email', { email: `${'a'.repeat(300)}@b.test` }, 'TOO_LONG', 'email'],
    ['too long a password', { email: 'a@b.test', password: 'x'.repeat(200_000) }, 'TOO_LONG', 'password'],
    ['too long a tenant', { email: 'a@b.test', tenant: 'x'.repeat(64) }, 'TOO_LONG', 'tenant'],
  ])('%s', async (_case, input, code, field) => {
    const { errors } = await auth.signIn(input);

    expect(errors).toContainEqual({ code, path: [field], message: expect.any(String) });
  });
});

test('without sign-in there is no viewer, and nothing of a tenant', async () => {
  const answer = await auth.ask(
    '{ viewer { permissions } tenant { id } users { pageInfo { endCursor } } roles { name } }',
  );

  expect(answer.data).toEqual({ viewer: null, tenant: null, users: null, roles: null });
  expect(codesOf(answer)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'UNAUTHENTICATED']);
});

test.each(['{ viewer { permissions } }', '{ _service { sdl } }', '{ __typename }', 'not GraphQL'])(
  'without a context token nothing is answered: %s',
  async (query) => {
    const answer = await postGraphQL(`${auth.url}/graphql`, { query });

    expect(answer).toMatchObject({
      status: 401,
      data: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  },
);

// Attack: guessing passwords, here with more than one request at a time.
test.each(['solo@one.test', 'unknown@one.test'])(
  'after ten failures %s must wait, at this address only, even with the right password',
  async (email) => {
    const clientAddress = `198.51.100.${email.length}`;
    const attempt = (password: string, from = clientAddress): ReturnType<AuthService['ask']> =>
      auth.ask(SIGN_IN, { variables: { input: { email, password } }, clientAddress: from });

    const failures = await Promise.all(Array.from({ length: 10 }, () => attempt('wrong')));
    const next = await attempt(PASSWORD);
    const elsewhere = await attempt(PASSWORD, '203.0.113.9');

    expect(failures.flatMap((answer) => codesOf(answer))).toEqual([]);
    expect(next.data).toEqual({ signIn: null });
    expect(next.errors[0]?.extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    });
    expect(codesOf(elsewhere)).toEqual([]);
  },
);

test('a right password clears what was mistyped before', async () => {
  const clientAddress = '198.51.100.200';
  const attempt = (password: string): ReturnType<AuthService['ask']> =>
    auth.ask(SIGN_IN, { variables: { input: { email: 'solo@one.test', password } }, clientAddress });

  for (const password of [...Array(9).fill('wrong'), PASSWORD, ...Array(9).fill('wrong')])
    await attempt(password);

  expect(codesOf(await attempt(PASSWORD))).toEqual([]);
});

test('neither password nor token is written to the log', async () => {
  const { accessToken, refreshToken } = await auth.signIn({ email: 'solo@one.test' });
  await auth.signIn({ email: 'solo@one.test', password: 'a very wrong one' });

  const log = auth.platform.log.join('\n');
  for (const secret of [PASSWORD, 'a very wrong one', accessToken, refreshToken])
    expect(log).not.toContain(secret);
});

test('a session begins with an audit event that stays as it is', async () => {
  const [tenant] = await auth.provision({
    tenants: [
      {
        slug: 'audited',
        name: 'Audited',
        users: [{ email: 'a@audited.test', name: 'A', password: PASSWORD, role: 'OWNER' }],
      },
    ],
  });
  await auth.signIn({ email: 'a@audited.test' });

  const tenantId = tenant?.id ?? newId();
  const events = await auth.database.readInTenant(tenantId, (tx) =>
    tx.auditEvent.findMany({ orderBy: { at: 'asc' } }),
  );
  expect(events.map(({ action, actorName }) => [action, actorName])).toEqual([
    ['tenant.created', 'Provisioning'],
    ['user.created', 'Provisioning'],
    ['session.started', 'A'],
  ]);
  await expect(
    auth.database.inTenant(tenantId, (tx) => tx.auditEvent.updateMany({ data: { actorName: 'B' } })),
  ).rejects.toThrow(/permission denied/);
});
