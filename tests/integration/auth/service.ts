/** The auth service alone, with tenants of the test, asked as the router asks it. */
import { systemClock } from '@flowgrid/platform';
import { openAuthDatabase, type AuthDatabase } from '../../../subgraphs/auth/src/database.ts';
import {
  provision,
  type ProvisionedTenant,
  type ProvisioningInput,
} from '../../../subgraphs/auth/src/modules/provisioning/provisioning.ts';
import { createPasswordHasher } from '../../../subgraphs/auth/src/modules/sign-in/password.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { postGraphQL, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { createPlatform, type TestPlatform } from '../../testkit/platform.ts';

export const PASSWORD = 'correct horse battery';

/** Real hashes, but cheap: what they cost in production is not what these tests are about. */
export const cheapPasswords = createPasswordHasher({ costLog2: 5, blockSize: 8, parallelization: 1 });

export interface ContextAnswer {
  readonly status: number;
  readonly cacheControl: string | null;
  readonly body: {
    readonly tokens: Readonly<Record<string, string>>;
    readonly permissions: readonly string[];
    readonly tenantId: string | null;
    readonly sessionId: string | null;
    readonly actorId: string | null;
    readonly errors?: readonly { message: string; extensions: { code: string } }[];
  };
}

export interface AuthService extends AsyncDisposable {
  readonly url: string;
  readonly database: AuthDatabase;
  readonly testDatabase: TestDatabase;
  readonly platform: TestPlatform;
  provision(input: ProvisioningInput): Promise<readonly ProvisionedTenant[]>;
  /** Exchanges a bearer token as the router does. */
  exchange(authorization: string | undefined, audiences?: readonly string[]): Promise<ContextAnswer>;
  /** Runs an operation for the holder of an access token; without one, for nobody. */
  ask(
    query: string,
    options?: { variables?: Readonly<Record<string, unknown>>; accessToken?: string; clientAddress?: string },
  ): Promise<GraphQLAnswer>;
  signIn(input: { email: string; password?: string; tenant?: string | null }): Promise<SignInResult>;
}

export interface SignInResult {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: string;
  readonly errors: readonly { code: string; message: string; path: readonly string[] }[];
}

export const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) {
    accessToken refreshToken expiresAt
    viewer { user { id email } tenant { slug } permissions }
    errors { code message path }
  }
}`;

export async function startAuthService(env: Readonly<Record<string, string>> = {}): Promise<AuthService> {
  const stack = new AsyncDisposableStack();
  const testDatabase = stack.use(await createTestDatabase());
  const platform = stack.use(await createPlatform({ database: testDatabase, env: { auth: env } }));
  const database = stack.use(openAuthDatabase(testDatabase.url('flowgrid_auth')));
  await platform.start('auth');
  const url = platform.url('auth');

  const exchange: AuthService['exchange'] = async (authorization, audiences = ['auth']) => {
    const response = await fetch(`${url}/internal/context`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ audiences }),
    });
    const body = (await response.json()) as ContextAnswer['body'];
    return { status: response.status, cacheControl: response.headers.get('cache-control'), body };
  };
  const ask: AuthService['ask'] = async (query, { variables, accessToken, clientAddress } = {}) => {
    const { body } = await exchange(accessToken === undefined ? undefined : `Bearer ${accessToken}`);
    const contextToken = body.tokens['auth'];
    return postGraphQL(`${url}/graphql`, { query, variables }, contextToken, {
      ...(clientAddress !== undefined && { 'x-client-address': clientAddress }),
    });
  };
  return {
    url,
    database,
    testDatabase,
    platform,
    provision: async (input) =>
      (await provision({ database, passwords: cheapPasswords, clock: systemClock }, input)).tenants,
    exchange,
    ask,
    signIn: async ({ email, password = PASSWORD, tenant = null }) => {
      const answer = await ask(SIGN_IN, { variables: { input: { email, password, tenant } } });
      return (answer.data as { signIn: SignInResult }).signIn;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
