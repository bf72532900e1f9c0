/** Signs a demo user in through the running router, as any client would. */
import { z } from 'zod';
import { findPlatformFile } from './platform-file.ts';
import { LocalError } from './local-error.ts';
import { readDemoTenants } from './seeding.ts';

export interface SignedIn {
  accessToken: string;
  graphqlUrl: string;
}

const REQUEST_TIMEOUT_MS = 15_000;

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken errors { code message } }
}`;

const SignInAnswer = z.object({
  data: z
    .object({
      signIn: z
        .object({
          accessToken: z.string().nullable(),
          errors: z.array(z.object({ code: z.string(), message: z.string() })),
        })
        .nullable(),
    })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** The tenant is the first label of the e-mail's domain: `editor@acme.test` belongs to `acme`. */
export async function signInDemoUser(home: string, email: string): Promise<SignedIn> {
  const [, domain = ''] = email.split('@');
  const [tenant = ''] = domain.split('.');
  const demo = await readDemoTenants();
  const user = demo.tenants
    .find(({ slug }) => slug === tenant)
    ?.users.find((candidate) => candidate.email === email);
  if (user === undefined) {
    const known = demo.tenants.flatMap(({ users }) => users.map((candidate) => candidate.email));
    throw new LocalError(
      `${email || 'An empty e-mail'} is no demo user. The demo users are ${known.join(', ')}.`,
    );
  }
  const platform = await findPlatformFile(home);
  if (platform === undefined) {
    throw new LocalError(`The platform is not running in ${home}. Start it with \`npm start\`.`);
  }
  const { graphqlUrl } = platform;
  const accessToken = await requestToken(graphqlUrl, { email, tenant, password: user.password });
  return { accessToken, graphqlUrl };
}

async function requestToken(
  graphqlUrl: string,
  input: { email: string; tenant: string; password: string },
): Promise<string> {
  const answer = SignInAnswer.parse(await post(graphqlUrl, { query: SIGN_IN, variables: { input } }));
  const payload = answer.data?.signIn;
  if (payload?.accessToken !== undefined && payload.accessToken !== null) return payload.accessToken;
  const problems = [...(payload?.errors ?? []), ...(answer.errors ?? [])].map(({ message }) => message);
  throw new LocalError(`${input.email} cannot sign in: ${problems.join('; ') || 'the answer has no token'}`);
}

async function post(url: string, body: unknown): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return await response.json();
  } catch (cause) {
    throw new LocalError(`The platform does not answer at ${url}. Start it with \`npm start\`.`, { cause });
  }
}
