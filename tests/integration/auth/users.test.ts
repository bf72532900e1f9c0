import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signContextToken } from '@flowgrid/access';
import { createLogger, newId, systemClock } from '@flowgrid/platform';
import { inject } from 'vitest';
import { openKeyRing } from '../../../subgraphs/auth/src/modules/signing-key/key-ring.ts';
import { codesOf, dataOf, postGraphQL } from '../../testkit/graphql.ts';
import { PASSWORD, startAuthService, type AuthService } from './service.ts';

let auth: AuthService;
let accessToken: string;
let own: { id: string; users: readonly { email: string; id: string }[] };
let foreign: typeof own;

interface UserPage {
  readonly users: {
    readonly edges: readonly { cursor: string; node: { name: string } }[];
    readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
  };
}

const LIST = `query ($first: Int, $after: String, $search: String) {
  users(first: $first, after: $after, search: $search) {
    edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`;
const ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on User { id name } ... on Tenant { id slug }
  }
}`;
const NAMES = ['Ada', 'Ada', 'Bob_1', 'Bob51', 'Ćira', 'ada%'];

beforeAll(async () => {
  auth = await startAuthService();
  const tenantOf = (slug: string): { slug: string; name: string; users: object[] } => ({
    slug,
    name: slug.toUpperCase(),
    users: NAMES.map((name, index) => ({
      name,
      email: `u${index}@${slug}.test`,
      password: PASSWORD,
      role: 'VIEWER',
    })),
  });
  const [one, two] = await auth.provision({ tenants: [tenantOf('one'), tenantOf('two')] } as never);
  if (!one || !two) throw new Error('no tenants were made');
  [own, foreign] = [one, two];
  ({ accessToken } = await auth.signIn({ email: 'u0@one.test' }));
});
afterAll(async () => {
  await auth[Symbol.asyncDispose]();
});

const list = async (variables: Record<string, unknown>): Promise<UserPage['users']> =>
  dataOf<UserPage>(await auth.ask(LIST, { accessToken, variables })).users;
const namesOf = ({ edges }: UserPage['users']): string[] => edges.map(({ node }) => node.name);

test('users are listed by name, page by page, each once', async () => {
  const names: string[] = [];
  let after: string | null = null;
  let pages = 0;
  for (let hasNextPage = true; hasNextPage; pages += 1) {
    const page: UserPage['users'] = await list({ first: 1, after });
    names.push(...namesOf(page));
    expect(page.pageInfo.hasPreviousPage).toBe(pages > 0);
    ({ hasNextPage, endCursor: after } = page.pageInfo);
  }

  expect(names).toEqual(NAMES.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))));
  expect(pages).toBe(NAMES.length);
});

test.each([
  ['bob', ['Bob51', 'Bob_1']],
  ['B_1', ['Bob_1']],
  ['%', ['ada%']],
  ['U3@ONE', ['Bob51']],
  ['ćIRA', ['Ćira']],
  ['two.test', []],
  ['\\', []],
])('a search for %s finds what contains it, wildcards taken literally', async (search, names) => {
  expect(namesOf(await list({ search }))).toEqual(names);
});

test.each([
  { first: 0 },
  { first: -1 },
  { first: 100_000 },
  { after: 'nonsense' },
  { after: Buffer.from('{"name":1}').toString('base64url') },
  { search: 'x'.repeat(201) },
  { search: 'a\0b' },
])('a request for %j is refused with a code', async (variables) => {
  const answer = await auth.ask(LIST, { accessToken, variables });

  expect(answer.data).toEqual({ users: null });
  expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
});

test('a user is read by id; an unknown, foreign or malformed id gives null and no error', async () => {
  const query = `query ($id: ID!) { user(id: $id) { id } }`;
  const ids = [own.users[1]?.id, foreign.users[1]?.id, newId(), 'nonsense', "' OR 1=1 --", ''];

  const answers = await Promise.all(ids.map((id) => auth.ask(query, { accessToken, variables: { id } })));

  expect(answers.map((answer) => dataOf(answer))).toEqual([
    { user: { id: ids[0] } },
    ...Array.from({ length: 5 }, () => ({ user: null })),
  ]);
});

describe('references from other services', () => {
  const ask = async (token: string, references: readonly object[]): Promise<unknown> => {
    const request = { query: ENTITIES, variables: { representations: references } };
    return dataOf<{ _entities: unknown }>(await postGraphQL(`${auth.url}/graphql`, request, token))._entities;
  };
  const tokenWith = async (permissions: readonly 'user:read'[], userId: string): Promise<string> => {
    const { authKeySecret } = inject('postgres').secrets.services;
    using keyRing = await openKeyRing({
      database: auth.database,
      keySecret: Buffer.from(authKeySecret, 'base64'),
      clock: systemClock,
      logger: createLogger({ name: 'test', level: 'silent' }),
    });
    const actor = { kind: 'USER', id: userId, name: 'Ada', userId } as const;
    return signContextToken(
      { kind: 'tenant', tenantId: own.id, actor, permissions, sessionId: null },
      'auth',
      {
        key: keyRing.signer('context'),
        clock: systemClock,
      },
    );
  };
  const idOf = (tenant: typeof own, index: number): string => tenant.users[index]?.id ?? '';

  test('are resolved in their order, duplicates too, and nothing of another tenant is', async () => {
    const token = await tokenWith(['user:read'], idOf(own, 0));
    const references = [
      { __typename: 'User', id: idOf(own, 2) },
      { __typename: 'User', id: idOf(foreign, 2) },
      { __typename: 'Tenant', id: own.id },
      { __typename: 'Tenant', id: foreign.id },
      { __typename: 'User', id: 'nonsense' },
      { __typename: 'User', id: idOf(own, 2) },
    ];

    const user = { id: idOf(own, 2), name: 'Bob_1' };
    expect(await ask(token, references)).toEqual([user, null, { id: own.id, slug: 'one' }, null, null, user]);
  });

  test('without the permission, a user sees nobody but itself', async () => {
    const token = await tokenWith([], idOf(own, 0));
    const references = [0, 1].map((index) => ({ __typename: 'User', id: idOf(own, index) }));

    expect(await ask(token, references)).toEqual([{ id: idOf(own, 0), name: 'Ada' }, null]);
  });

  test('nobody sees nobody', async () => {
    const { tokens } = (await auth.exchange(undefined)).body;
    const references = [
      { __typename: 'User', id: idOf(own, 0) },
      { __typename: 'Tenant', id: own.id },
    ];

    expect(await ask(tokens['auth'] ?? '', references)).toEqual([null, null]);
  });
});

test('requests of two tenants at the same moment each get their own', async () => {
  const other = (await auth.signIn({ email: 'u0@two.test' })).accessToken;
  const query = '{ tenant { slug } viewer { user { email } } }';

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      auth.ask(query, { accessToken: index % 2 === 0 ? accessToken : other }),
    ),
  );

  expect(answers.map((answer) => dataOf<{ tenant: { slug: string } }>(answer).tenant.slug)).toEqual(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'one' : 'two')),
  );
});
