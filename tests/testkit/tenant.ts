/** A fresh tenant with a user of every built-in role, each signed in through the router. */
import { BUILT_IN_ROLES, type BuiltInRole } from '@flowgrid/access';
import { newId, systemClock } from '@flowgrid/platform';
import { openAuthDatabase } from '../../subgraphs/auth/src/database.ts';
import { provision } from '../../subgraphs/auth/src/modules/provisioning/provisioning.ts';
import { createPasswordHasher } from '../../subgraphs/auth/src/modules/sign-in/password.ts';
import type { TestDatabaseAccess } from './database.ts';
import { dataOf, postGraphQL, type GraphQLAnswer } from './graphql.ts';

export const PASSWORD = 'flowgrid-test';

/** Weak parameters for what is provisioned; the first sign-in makes a hash of full strength of it. */
const QUICK_HASH = { costLog2: 8, blockSize: 8, parallelization: 1 };

export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface TestTenant {
  readonly id: string;
  readonly slug: string;
  readonly users: Readonly<Record<BuiltInRole, TestUser>>;
  /** Posts an operation to the router as the user of a role. */
  ask(
    role: BuiltInRole,
    query: string,
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<GraphQLAnswer>;
  /** The data of an operation that must succeed; as EDITOR. */
  get<Data>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Data>;
}

/** Makes a tenant that no other test knows. `routerUrl` is the router's base address. */
export async function createTenant(routerUrl: string, database: TestDatabaseAccess): Promise<TestTenant> {
  const slug = `t-${newId().slice(-12)}`;
  const emailOf = (role: BuiltInRole): string => `${role.toLowerCase()}@${slug}.test`;
  const { id, users } = await provisionTenant(database, slug, emailOf);
  const graphqlUrl = `${routerUrl}/graphql`;
  const signedIn = await Promise.all(
    BUILT_IN_ROLES.map(async (role) => {
      const user = users.find(({ email }) => email === emailOf(role));
      return [role, { id: String(user?.id), ...(await signIn(graphqlUrl, emailOf(role), slug)) }] as const;
    }),
  );
  const byRole = Object.fromEntries(signedIn) as Record<BuiltInRole, TestUser>;
  const ask: TestTenant['ask'] = (role, query, variables) =>
    postGraphQL(graphqlUrl, { query, variables }, byRole[role].accessToken);
  return {
    id,
    slug,
    users: byRole,
    ask,
    get: async <Data>(query: string, variables?: Readonly<Record<string, unknown>>) =>
      dataOf<Data>(await ask('EDITOR', query, variables)),
  };
}

async function provisionTenant(
  database: TestDatabaseAccess,
  slug: string,
  emailOf: (role: BuiltInRole) => string,
): Promise<{ id: string; users: readonly { email: string; id: string }[] }> {
  await using auth = openAuthDatabase(database.url('flowgrid_auth'));
  const { tenants } = await provision(
    { database: auth, passwords: createPasswordHasher(QUICK_HASH), clock: systemClock },
    {
      tenants: [
        {
          slug,
          name: `Tenant ${slug}`,
          users: BUILT_IN_ROLES.map((role) => ({
            email: emailOf(role),
            name: `${role} of ${slug}`,
            password: PASSWORD,
            role,
          })),
        },
      ],
    },
  );
  const [tenant] = tenants;
  if (!tenant) throw new Error('no tenant was made');
  return tenant;
}

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken refreshToken errors { code message } }
}`;

async function signIn(graphqlUrl: string, email: string, tenant: string): Promise<Omit<TestUser, 'id'>> {
  const variables = { input: { email, password: PASSWORD, tenant } };
  const answer = await postGraphQL(graphqlUrl, { query: SIGN_IN, variables });
  const { signIn: payload } = dataOf<{ signIn: { accessToken: string | null; refreshToken: string | null } }>(
    answer,
  );
  if (!payload.accessToken || !payload.refreshToken) throw new Error(`no sign-in: ${JSON.stringify(answer)}`);
  return { email, accessToken: payload.accessToken, refreshToken: payload.refreshToken };
}
