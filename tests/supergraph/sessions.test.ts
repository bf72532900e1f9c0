/** Sessions through the router: refreshing, switching, signing out, and what that does to requests and sockets. */
import { expect, test } from 'vitest';
import { newId, systemClock } from '@flowgrid/platform';
import { openAuthDatabase } from '../../subgraphs/auth/src/database.ts';
import { provision } from '../../subgraphs/auth/src/modules/provisioning/provisioning.ts';
import { createPasswordHasher } from '../../subgraphs/auth/src/modules/sign-in/password.ts';
import { codesOf, dataOf, postGraphQL, type GraphQLAnswer } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { PASSWORD } from '../testkit/tenant.ts';
import { until } from '../testkit/wait.ts';
import { eventsOf, follow, startDesign, waitForState } from './designs.ts';

const platform = sharedPlatform();

const WHO = '{ viewer { tenant { slug } } }';
const SIGN_OUT = 'mutation { signOut(input: {}) { endedSessions errors { code } } }';
const SESSION_FIELDS = 'accessToken refreshToken errors { code path }';
const REFRESH = `mutation($refreshToken: String!) { session: refreshSession(input: { refreshToken: $refreshToken }) { ${SESSION_FIELDS} } }`;
const SWITCH = `mutation($tenant: String!) { session: switchTenant(input: { tenant: $tenant }) { ${SESSION_FIELDS} } }`;
const SIGN_IN = `mutation($input: SignInInput!) { session: signIn(input: $input) { ${SESSION_FIELDS} } }`;

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly errors: readonly { code: string; path: string[] }[];
}

function ask(
  query: string,
  options: { token?: string; variables?: Readonly<Record<string, unknown>> } = {},
): Promise<GraphQLAnswer> {
  return postGraphQL(platform.graphqlUrl, { query, variables: options.variables }, options.token);
}

async function session(...request: Parameters<typeof ask>): Promise<Session> {
  return dataOf<{ session: Session }>(await ask(...request)).session;
}

/** The renewal of tokens takes a minute; what is sooner came by the notice. */
function untilRefused(token: string): Promise<GraphQLAnswer> {
  return until('the token is refused', async () => {
    const answer = await ask(WHO, { token });
    return answer.status === 401 && answer;
  });
}

test('signing out ends the token at once, and closes its open sockets with 4401', async () => {
  const tenant = await platform.createTenant();
  const token = tenant.users.EDITOR.accessToken;
  const id = await startDesign(tenant, { reviewProcess: true });
  await waitForState(tenant, id, 'AWAITING_REVIEW');
  await using following = follow(id, { token });
  await using other = follow(id, { token: tenant.users.VIEWER.accessToken });
  await until('both follow', () => following.events.length > 0 && other.events.length > 0);

  const ended = dataOf(await ask(SIGN_OUT, { token }));
  const refused = await untilRefused(token);

  expect(ended).toEqual({ signOut: { endedSessions: 1, errors: [] } });
  expect(codesOf(refused)).toEqual(['UNAUTHENTICATED']);
  expect(await following.ended).toEqual({ code: 4401, reason: expect.any(String) });
  const cancel = 'mutation($id: ID!) { cancelDesign(input: { sessionId: $id }) { errors { code } } }';
  dataOf(await tenant.ask('OWNER', cancel, { id }));
  expect(await other.ended).toBe('completed');
  expect(eventsOf(other).at(-1)?.state).toBe('CANCELLED');
});

test('signing out ends the refresh token too', async () => {
  const tenant = await platform.createTenant();
  const { accessToken, refreshToken } = tenant.users.EDITOR;

  dataOf(await ask(SIGN_OUT, { token: accessToken }));

  expect(await session(REFRESH, { variables: { refreshToken } })).toMatchObject({
    accessToken: null,
    errors: [{ code: 'INVALID_CREDENTIALS', path: ['refreshToken'] }],
  });
});

test('a refresh token works once; used again, the session ends for whoever has it', async () => {
  const tenant = await platform.createTenant();
  const { refreshToken } = tenant.users.EDITOR;

  const renewed = await session(REFRESH, { variables: { refreshToken } });
  const works = dataOf(await ask(WHO, { token: renewed.accessToken }));
  // Attack: a stolen refresh token is used after its owner used it.
  const reused = await session(REFRESH, { variables: { refreshToken } });
  await untilRefused(renewed.accessToken);
  const next = await session(REFRESH, { variables: { refreshToken: renewed.refreshToken } });

  expect(renewed.refreshToken).not.toBe(refreshToken);
  expect(works).toEqual({ viewer: { tenant: { slug: tenant.slug } } });
  expect(reused).toMatchObject({ accessToken: null, errors: [{ code: 'INVALID_CREDENTIALS' }] });
  expect(next).toMatchObject({ accessToken: null, errors: [{ code: 'INVALID_CREDENTIALS' }] });
});

test.each(['', 'nonsense', 'x'.repeat(2_000)])(
  'the refresh token "%.12s" is refused',
  async (refreshToken) => {
    const answer = await session(REFRESH, { variables: { refreshToken } });

    expect(answer.accessToken).toBeNull();
    expect(answer.errors).toMatchObject([{ path: ['refreshToken'] }]);
  },
);

test('a person of two companies switches between them, and each session sees its own alone', async () => {
  const key = newId().slice(-12);
  const [one, two] = [`one-${key}`, `two-${key}`];
  await provisionPerson(`ada@${key}.test`, [one, two]);
  const stranger = await platform.createTenant();
  const input = { email: `ada@${key}.test`, password: PASSWORD, tenant: one };

  const inOne = await session(SIGN_IN, { variables: { input } });
  const inTwo = await session(SWITCH, { token: inOne.accessToken, variables: { tenant: two } });
  const elsewhere = await session(SWITCH, { token: inOne.accessToken, variables: { tenant: stranger.slug } });

  const create = 'mutation { createAgent(input: { name: "Mine" }) { agent { id } errors { code } } }';
  const created = dataOf<{ createAgent: { agent: { id: string } } }>(
    await ask(create, { token: inOne.accessToken }),
  );
  const look = 'query($id: ID!) { viewer { tenant { slug } } agent(id: $id) { id } agents { totalCount } }';
  const variables = { id: created.createAgent.agent.id };
  const seen = await Promise.all(
    [inOne, inTwo].map(async ({ accessToken }) => dataOf(await ask(look, { token: accessToken, variables }))),
  );
  expect(seen).toEqual([
    { viewer: { tenant: { slug: one } }, agent: variables, agents: { totalCount: 1 } },
    { viewer: { tenant: { slug: two } }, agent: null, agents: { totalCount: 0 } },
  ]);
  expect(elsewhere).toMatchObject({ accessToken: null, errors: [{ path: ['tenant'] }] });
});

async function provisionPerson(email: string, slugs: readonly string[]): Promise<void> {
  await using database = openAuthDatabase(platform.database.url('flowgrid_auth'));
  const passwords = createPasswordHasher({ costLog2: 8, blockSize: 8, parallelization: 1 });
  const users = [{ email, name: 'Ada', password: PASSWORD, role: 'EDITOR' as const }];
  await provision(
    { database, passwords, clock: systemClock },
    { tenants: slugs.map((slug) => ({ slug, name: slug, users })) },
  );
}
