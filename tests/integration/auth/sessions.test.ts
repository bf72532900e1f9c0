import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSharedState } from '@flowgrid/shared-state';
import { createLogger, newId } from '@flowgrid/platform';
import { dataOf, postGraphQL } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import { PASSWORD, startAuthService, type AuthService, type SignInResult } from './service.ts';

let auth: AuthService;
let tenantId: string;
let userId: string;

const FIELDS = 'accessToken refreshToken expiresAt viewer { tenant { slug } } errors { code message path }';
const REFRESH = `mutation ($refreshToken: String!) { refreshSession(input: { refreshToken: $refreshToken }) { ${FIELDS} } }`;
const SWITCH = `mutation ($tenant: String!) { switchTenant(input: { tenant: $tenant }) { ${FIELDS} } }`;
const SIGN_OUT = `mutation ($everywhere: Boolean) { signOut(input: { everywhere: $everywhere }) { endedSessions errors { code } } }`;

beforeAll(async () => {
  auth = await startAuthService();
  const user = { email: 'ada@one.test', name: 'Ada', password: PASSWORD };
  const [tenant] = await auth.provision({
    tenants: [
      { slug: 'one', name: 'One', users: [{ ...user, role: 'EDITOR' }] },
      { slug: 'two', name: 'Two', users: [{ ...user, role: 'VIEWER' }] },
      { slug: 'three', name: 'Three', users: [] },
    ],
  });
  tenantId = tenant?.id ?? '';
  userId = tenant?.users[0]?.id ?? '';
});
afterAll(async () => {
  await auth[Symbol.asyncDispose]();
});

const signIn = (): Promise<SignInResult> => auth.signIn({ email: 'ada@one.test', tenant: 'one' });

async function refresh(refreshToken: string): Promise<SignInResult> {
  const answer = await auth.ask(REFRESH, { variables: { refreshToken } });
  return dataOf<{ refreshSession: SignInResult }>(answer).refreshSession;
}

async function statusOf(accessToken: string): Promise<number> {
  return (await auth.exchange(`Bearer ${accessToken}`)).status;
}

const REFUSED = {
  accessToken: null,
  refreshToken: null,
  errors: [{ code: 'INVALID_CREDENTIALS', path: ['refreshToken'] }],
};

test('a refresh token gives new tokens of the same session', async () => {
  const first = await signIn();
  const second = await refresh(first.refreshToken);
  const third = await refresh(second.refreshToken);

  const sessions = await Promise.all(
    [first, second, third].map(
      async ({ accessToken }) => (await auth.exchange(`Bearer ${accessToken}`)).body.sessionId,
    ),
  );
  expect(new Set(sessions).size).toBe(1);
  expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3);
});

// Attack: a stolen refresh token is used after, or before, its owner used it.
test('a refresh token used twice ends the session of both', async () => {
  const first = await signIn();
  const second = await refresh(first.refreshToken);

  expect(await refresh(first.refreshToken)).toMatchObject(REFUSED);
  expect(await refresh(second.refreshToken)).toMatchObject(REFUSED);
  expect(await statusOf(second.accessToken)).toBe(401);
  expect(await statusOf(first.accessToken)).toBe(401);
});

// Attack: the same, at the same moment, to slip between the check and the write.
test('of two uses at once at most one succeeds, and the session ends', async () => {
  const { refreshToken, accessToken } = await signIn();

  const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)));

  expect(answers.filter((answer) => answer.accessToken !== null)).toHaveLength(1);
  expect(await statusOf(accessToken)).toBe(401);
});

test.each(['fgr_' + 'A'.repeat(43), 'nonsense', "fgr_' OR true --", 'x'.repeat(400)])(
  'a refresh token of nobody is refused: %s',
  async (token) => {
    expect(await refresh(token)).toMatchObject(REFUSED);
  },
);

test('the database holds no refresh token', async () => {
  const { refreshToken } = await signIn();

  const rows = await auth.database.readInTenant(tenantId, (tx) => tx.refreshToken.findMany());
  expect(JSON.stringify(rows)).not.toContain(refreshToken.slice(4));
});

test('signing out ends this session alone, and is announced', async () => {
  await using sharedState = openSharedState(
    { PUBSUB_URL: auth.testDatabase.url('flowgrid_router') },
    createLogger({ name: 'test', level: 'silent' }),
  );
  const raised: string[] = [];
  sharedState.epochs.follow({ onRaised: (key) => raised.push(key), heldKeys: () => [] });
  const [here, there] = [await signIn(), await signIn()];
  const { sessionId } = (await auth.exchange(`Bearer ${here.accessToken}`)).body;

  const answer = await auth.ask(SIGN_OUT, { accessToken: here.accessToken });

  expect(dataOf(answer)).toEqual({ signOut: { endedSessions: 1, errors: [] } });
  expect(await statusOf(here.accessToken)).toBe(401);
  expect(await statusOf(there.accessToken)).toBe(200);
  expect(await refresh(here.refreshToken)).toMatchObject(REFUSED);
  await until('the revocation is announced', () => raised.includes(`session:${sessionId}`));
});

test('signing out everywhere ends every session of the user in the tenant', async () => {
  const [here, there] = [await signIn(), await signIn()];
  const elsewhere = await auth.signIn({ email: 'ada@one.test', tenant: 'two' });

  await auth.ask(SIGN_OUT, { accessToken: here.accessToken, variables: { everywhere: true } });

  expect(await statusOf(here.accessToken)).toBe(401);
  expect(await statusOf(there.accessToken)).toBe(401);
  expect(await statusOf(elsewhere.accessToken)).toBe(200);
});

test('a user goes over to another tenant of the account, and the session before stays', async () => {
  const here = await signIn();

  const answer = await auth.ask(SWITCH, { accessToken: here.accessToken, variables: { tenant: 'two' } });

  const { switchTenant } = dataOf<{ switchTenant: SignInResult }>(answer);
  expect(switchTenant).toMatchObject({ viewer: { tenant: { slug: 'two' } }, errors: [] });
  const [before, after] = await Promise.all(
    [here, switchTenant].map(({ accessToken }) => auth.exchange(`Bearer ${accessToken}`)),
  );
  expect(before?.body.tenantId).toBe(tenantId);
  expect(after?.status).toBe(200);
  expect(after?.body.tenantId).not.toBe(tenantId);
  expect(after?.body.permissions).not.toContain('agent:write');
});

// Attack: going over to the tenant of others, or finding out which there are.
test.each(['three', 'nowhere', "' OR true --"])(
  'nobody goes over to a tenant of others: %s',
  async (tenant) => {
    const { accessToken } = await signIn();

    const answer = await auth.ask(SWITCH, { accessToken, variables: { tenant } });

    expect(dataOf(answer)).toEqual({
      switchTenant: {
        accessToken: null,
        refreshToken: null,
        expiresAt: null,
        viewer: null,
        errors: [
          { code: 'INVALID', message: 'You do not belong to a tenant of this name.', path: ['tenant'] },
        ],
      },
    });
  },
);

// Attack: a context token outlives its session by minutes; a new session must not come of it.
test('a session that ended leads to no other', async () => {
  const { accessToken } = await signIn();
  const { tokens } = (await auth.exchange(`Bearer ${accessToken}`)).body;
  await auth.ask(SIGN_OUT, { accessToken });

  const answer = await postGraphQL(
    `${auth.url}/graphql`,
    { query: SWITCH, variables: { tenant: 'two' } },
    tokens['auth'],
  );

  expect(answer).toMatchObject({
    data: { switchTenant: null },
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
});

test('a deactivated user is refused at the next exchange, and so is the refresh token', async () => {
  const started = await signIn();
  const setStatus = (status: string): Promise<unknown> =>
    auth.database.inTenant(tenantId, (tx) =>
      tx.user.updateMany({ where: { tenantId, id: userId }, data: { status } }),
    );

  await setStatus('DEACTIVATED');
  const [status, refreshed, signedIn] = [
    await statusOf(started.accessToken),
    await refresh(started.refreshToken),
    await signIn(),
  ];
  await setStatus('ACTIVE');

  expect(status).toBe(401);
  expect(refreshed).toMatchObject(REFUSED);
  expect(signedIn).toMatchObject({ accessToken: null, errors: [{ code: 'INVALID_CREDENTIALS' }] });
});

test('roles taken away are gone at the next exchange', async () => {
  const { accessToken } = await signIn();
  await auth.database.inTenant(tenantId, (tx) => tx.userRole.deleteMany({ where: { tenantId, userId } }));

  const { body, status } = await auth.exchange(`Bearer ${accessToken}`);
  await auth.database.inTenant(tenantId, (tx) =>
    tx.userRole.create({ data: { tenantId, userId, role: 'EDITOR', createdAt: new Date() } }),
  );

  expect(status).toBe(200);
  expect(body.permissions).toEqual([]);
});

test('the time of the visit is written once a minute at most', async () => {
  const { accessToken } = await signIn();
  const lastSeenAt = async (): Promise<Date | null | undefined> =>
    (
      await auth.database.readInTenant(tenantId, (tx) =>
        tx.user.findFirst({ where: { tenantId, id: userId } }),
      )
    )?.lastSeenAt;
  const old = new Date(Date.now() - 61_000);
  await auth.database.inTenant(tenantId, (tx) =>
    tx.user.updateMany({ where: { tenantId, id: userId }, data: { lastSeenAt: old } }),
  );

  await auth.exchange(`Bearer ${accessToken}`);
  const first = await lastSeenAt();
  await auth.exchange(`Bearer ${accessToken}`);

  expect(first?.getTime()).toBeGreaterThan(old.getTime() + 60_000);
  expect(await lastSeenAt()).toEqual(first);
});

test('another tenant sees neither session nor refresh token', async () => {
  await signIn();

  const rows = await auth.database.readInTenant(newId(), async (tx) => [
    await tx.session.count(),
    await tx.refreshToken.count(),
    await tx.user.count(),
    await tx.tenant.count(),
  ]);

  expect(rows).toEqual([0, 0, 0, 0]);
});
