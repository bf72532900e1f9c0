/** What the edge asks before it opens a plain download to an access token. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openContextTokenVerifier } from '@flowgrid/access';
import { createLogger, systemClock } from '@flowgrid/platform';
import { PASSWORD, startAuthService, type AuthService } from './service.ts';

let auth: AuthService;
let accessToken: string;

beforeAll(async () => {
  auth = await startAuthService();
  await auth.provision({
    tenants: [
      {
        slug: 'one',
        name: 'One',
        users: [{ email: 'ada@one.test', name: 'Ada', password: PASSWORD, role: 'VIEWER' }],
      },
    ],
  });
  ({ accessToken } = await auth.signIn({ email: 'ada@one.test' }));
});
afterAll(() => auth[Symbol.asyncDispose]());

function check(authorization: string | null, query = 'audience=design&permission=design:read') {
  return fetch(`${auth.url}/internal/session-check?${query}`, {
    headers: authorization === null ? {} : { authorization },
  });
}

test('a session with the permission gets a context token for the audience', async () => {
  const response = await check(`Bearer ${accessToken}`);

  expect({ status: response.status, body: await response.text() }).toEqual({ status: 204, body: '' });
  expect(response.headers.get('cache-control')).toBe('no-store');
  const logger = createLogger({ name: 'test', level: 'silent' });
  const authUrls = [auth.url];
  await using verifier = openContextTokenVerifier({
    audience: 'design',
    authUrls,
    clock: systemClock,
    logger,
  });
  const viewer = await verifier.authenticate(`Bearer ${response.headers.get('x-context-token')}`);
  expect(viewer).toMatchObject({ kind: 'tenant', actor: { kind: 'USER', name: 'Ada' } });
});

test('a session without the permission is refused with 403, and gets no token', async () => {
  const response = await check(`Bearer ${accessToken}`, 'audience=design&permission=design:run');

  expect(response.status).toBe(403);
  expect(response.headers.get('x-context-token')).toBeNull();
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
});

// Attack: without a token the exchange grants one of nobody; here it must not.
test.each([null, '', 'Bearer nonsense', 'Basic YTpi'])('%s is refused with 401', async (authorization) => {
  const response = await check(authorization);

  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
});

test.each(['', 'audience=design', 'audience=design&permission=all', 'audience=A&permission=design:read'])(
  'a question of "%s" is refused as a bad one',
  async (query) => {
    expect((await check(`Bearer ${accessToken}`, query)).status).toBe(400);
  },
);
