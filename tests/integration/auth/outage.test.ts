import { systemClock } from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { openAuthDatabase } from '../../../subgraphs/auth/src/database.ts';
import { provision } from '../../../subgraphs/auth/src/modules/provisioning/provisioning.ts';
import { createTestDatabase } from '../../testkit/database.ts';
import { codesOf, postGraphQL, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { createPlatform } from '../../testkit/platform.ts';
import { startTcpProxy } from '../../testkit/tcp-proxy.ts';
import { until } from '../../testkit/wait.ts';
import { PASSWORD, SIGN_IN, cheapPasswords, type SignInResult } from './service.ts';

test('while the database is gone every answer says so, and the service goes on when it is back', async () => {
  await using testDatabase = await createTestDatabase();
  await using database = openAuthDatabase(testDatabase.url('flowgrid_auth'));
  const users = [{ email: 'ada@one.test', name: 'Ada', password: PASSWORD, role: 'EDITOR' as const }];
  await provision(
    { database, passwords: cheapPasswords, clock: systemClock },
    { tenants: [{ slug: 'one', name: 'One', users }] },
  );
  const databaseUrl = new URL(testDatabase.url('flowgrid_auth'));
  await using proxy = await startTcpProxy({ host: databaseUrl.hostname, port: Number(databaseUrl.port) });
  databaseUrl.port = String(proxy.port);
  await using platform = await createPlatform({
    database: testDatabase,
    env: { auth: { DATABASE_URL: databaseUrl.toString() } },
  });
  const { url } = await platform.start('auth');
  const exchange = async (token?: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url}/internal/context`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ audiences: ['auth'] }),
    });
    return { status: response.status, body: await response.json() };
  };
  const { tokens } = (await exchange()).body as { tokens: { auth: string } };
  const signIn = (): Promise<GraphQLAnswer> => {
    const input = { email: 'ada@one.test', password: PASSWORD };
    return postGraphQL(`${url}/graphql`, { query: SIGN_IN, variables: { input } }, tokens.auth);
  };
  const { accessToken } = ((await signIn()).data as { signIn: SignInResult }).signIn;

  proxy.setDown(true);
  const ready = await fetch(`${url}/readyz`);
  const [anonymous, exchanged, mutation] = await Promise.all([exchange(), exchange(accessToken), signIn()]);
  proxy.setDown(false);

  expect(ready.status).toBe(503);
  // The keys are in memory: who has no token needs no database.
  expect(anonymous.status).toBe(200);
  expect(exchanged).toMatchObject({
    status: 503,
    body: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] },
  });
  expect(mutation.data).toEqual({ signIn: null });
  expect(codesOf(mutation)).toEqual(['SERVICE_UNAVAILABLE']);
  await until('the service is ready again', async () => (await fetch(`${url}/readyz`)).status === 200);
  expect((await exchange(accessToken)).status).toBe(200);
});
