/** Tokens that rotate, over a real database and a strict vendor: refreshed once, and never lost unnoticed. */
import { createHash, randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOutbound, type Outbound, type OutboundFetch } from '@flowgrid/outbound';
import { createLogger, newId } from '@flowgrid/platform';
import { createLocalKeys } from '../../../subgraphs/integrations/src/adapters/keys/local-keys.ts';
import { oauthVendorOf } from '../../../subgraphs/integrations/src/adapters/sign-in/oauth-vendors.ts';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import { RENEWAL_PAUSE_MS } from '../../../subgraphs/integrations/src/adapters/sign-in/token-margin.ts';
import { SignIns } from '../../../subgraphs/integrations/src/modules/authorization/sign-ins.ts';
import {
  TokenKeeper,
  type KeptSignIn,
} from '../../../subgraphs/integrations/src/modules/authorization/token-keeper.ts';
import { saveToken } from '../../../subgraphs/integrations/src/modules/authorization/token-store.ts';
import { TokenTender } from '../../../subgraphs/integrations/src/modules/authorization/token-tender.ts';
import { DataKeys } from '../../../subgraphs/integrations/src/modules/credential/data-keys.ts';
import { createFormerEnvelopes } from '../../../subgraphs/integrations/src/modules/credential/former-envelopes.ts';
import { sealCredential } from '../../../subgraphs/integrations/src/modules/credential/open-credential.ts';
import {
  OAUTH_CLIENT,
  startOAuthServer,
  type OAuthServer,
} from '../../../subgraphs/integrations/src/testkit/oauth-server.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';

let server: TestDatabase;
let database: IntegrationsDatabase;
let superuser: Client;
let vendor: OAuthServer;
let outbound: Outbound;
let dataKeys: DataKeys;
let now: number;
let lines: string[];
const logger = createLogger({ name: 'test', level: 'debug', write: (line) => lines.push(line) });
const clock = { now: () => new Date(now) };

beforeAll(async () => {
  server = await createTestDatabase();
  database = openIntegrationsDatabase(server.url('flowgrid_integrations'));
  superuser = new Client({ connectionString: server.superuserUrl });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  now = Date.now();
  lines = [];
  vendor = await startOAuthServer();
  const { hostname, port } = new URL(vendor.url);
  outbound = createOutbound({ allowed: [{ hostname, port }], policies: null });
  const keys = createLocalKeys({ current: randomBytes(32), old: [] });
  dataKeys = new DataKeys({ database, keys, former: createFormerEnvelopes([]), clock, logger });
  await superuser.query('DELETE FROM integrations.oauth_token');
  return async () => {
    await outbound[Symbol.asyncDispose]();
    await vendor[Symbol.asyncDispose]();
  };
});

const hosts = (): Parameters<typeof oauthVendorOf>[2] => ({
  atlassianAuthUrl: vendor.url,
  atlassianApiUrl: vendor.url,
  githubAuthUrl: vendor.url,
});

/** A process of the service. */
function start(): TokenKeeper {
  return new TokenKeeper({ database, secretBox: dataKeys, clock, logger });
}

/** An integration at which somebody has signed in. */
async function signIn(): Promise<KeptSignIn> {
  const [tenantId, integrationId] = [newId(), newId()];
  const secrets = await dataKeys.unlock(tenantId);
  const tokens = await redeem();
  const place = { tenantId, integrationId };
  await database.inTenant(tenantId, async (tx) => {
    const at = clock.now();
    await tx.integration.create({
      data: {
        tenantId,
        id: integrationId,
        kind: 'JIRA',
        name: 'Jira',
        baseUrl: vendor.url,
        status: 'HEALTHY',
        connectionRevision: 1,
        createdAt: at,
        updatedAt: at,
      },
    });
    const fields = sealCredential(secrets, integrationId, { kind: 'JIRA', ...OAUTH_CLIENT });
    await tx.integrationCredential.createMany({
      data: fields.map((field) => ({ ...place, ...field, sealedAt: at })),
    });
    await saveToken(tx, place, {
      envelope: start().seal(secrets, integrationId, tokens),
      connectionRevision: 1,
      apiUrl: null,
      expiresAt: new Date(now + 3_600_000),
      refreshedAt: at,
    });
  });
  return {
    ...place,
    connectionRevision: 1,
    vendor: oauthVendorOf('JIRA', vendor.url, hosts()),
    client: OAUTH_CLIENT,
    fetch: outbound.fetch,
  };
}

async function redeem(): Promise<{ accessToken: string; refreshToken: string; expiresAt: Date }> {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const redirectUri = 'https://flowgrid.test/oauth/callback';
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: OAUTH_CLIENT.clientId,
    redirect_uri: redirectUri,
    state: 'state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const code = vendor.signIn(`${vendor.url}/authorize?${asked.toString()}`).searchParams.get('code') ?? '';
  const response = await fetch(`${vendor.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: OAUTH_CLIENT.clientId,
      client_secret: OAUTH_CLIENT.clientSecret,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  });
  const answer = (await response.json()) as { access_token: string; refresh_token: string };
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresAt: new Date(now + 3_600_000),
  };
}

const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const refreshes = (): number => vendor.granted.filter((type) => type === 'refresh_token').length;

async function tokenRow(): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await superuser.query<Record<string, unknown>>(
    `SELECT generation, refresh_started_at IS NOT NULL AS "isUnfinished", lease_until IS NOT NULL AS "isLeased",
            end_reason AS "endReason" FROM integrations.oauth_token`,
  );
  return rows[0] ?? {};
}

async function statusOf({ integrationId }: KeptSignIn): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await superuser.query<Record<string, unknown>>(
    'SELECT status, last_error AS "lastError" FROM integrations.integration WHERE id = $1',
    [integrationId],
  );
  return rows[0] ?? {};
}

describe('a token that is about to end', () => {
  test('is refreshed once, whoever asks at once in whatever process', async () => {
    const signedIn = await signIn();
    const keepers = Array.from({ length: 4 }, start);
    now += 3_600_000;

    const tokens = await Promise.all(
      keepers.flatMap((keeper) => Array.from({ length: 10 }, () => keeper.accessToken(signedIn, signal()))),
    );

    expect(new Set(tokens).size).toBe(1);
    expect(vendor.secrets).toContain(tokens[0]);
    expect(refreshes()).toBe(1);
    expect(await tokenRow()).toEqual({
      generation: 2,
      isUnfinished: false,
      isLeased: false,
      endReason: null,
    });
  });

  test('is refreshed again and again, each time with the last refresh token', async () => {
    const signedIn = await signIn();
    const keeper = start();

    for (let hour = 1; hour <= 5; hour += 1) {
      now += 3_600_000;
      await keeper.accessToken(signedIn, signal());
    }

    expect(refreshes()).toBe(5);
    expect(await tokenRow()).toMatchObject({ generation: 6, endReason: null });
  });

  test('keeps its refresh token where the vendor gives no other one', async () => {
    vendor.rotates = false;
    const signedIn = await signIn();
    const keeper = start();

    for (let hour = 1; hour <= 3; hour += 1) {
      now += 3_600_000;
      await keeper.accessToken(signedIn, signal());
    }

    expect(await tokenRow()).toMatchObject({ generation: 4, endReason: null });
  });

  test('is stored even when whoever asked for it has gone', async () => {
    const signedIn = await signIn();
    const keeper = start();
    const gate = Promise.withResolvers<void>();
    vendor.hold(gate.promise);
    now += 3_600_000;
    const leaving = new AbortController();
    const asked = keeper.accessToken(signedIn, leaving.signal);
    await until(
      'the vendor was asked',
      () => vendor.requests.filter((r) => r.endsWith('/oauth/token')).length === 2,
    );

    leaving.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    gate.resolve();
    await keeper[Symbol.asyncDispose]();

    expect(await tokenRow()).toMatchObject({ generation: 2, isUnfinished: false });
  });
});

describe('a token that the other system refuses', () => {
  test('is renewed once for all who were refused', async () => {
    const signedIn = await signIn();
    const keepers = [start(), start()];
    const refused = await start().accessToken(signedIn, signal());

    const renewed = await Promise.all(
      keepers.flatMap((keeper) =>
        Array.from({ length: 5 }, () => keeper.renewedToken(signedIn, refused, signal())),
      ),
    );

    expect(new Set(renewed).size).toBe(1);
    expect(renewed[0]).not.toBe(refused);
    expect(refreshes()).toBe(1);
  });

  test('is not renewed again and again where no token is accepted', async () => {
    const signedIn = await signIn();
    const keeper = start();
    const first = await keeper.accessToken(signedIn, signal());
    const second = (await keeper.renewedToken(signedIn, first, signal())) ?? '';

    const atOnce = await start().renewedToken(signedIn, second, signal());
    now += RENEWAL_PAUSE_MS;
    const later = await keeper.renewedToken(signedIn, second, signal());

    expect(new Set([first, second, later]).size).toBe(3);
    expect(atOnce).toBeNull();
    expect(later).not.toBeNull();
    expect(refreshes()).toBe(2);
  });
});

describe('a process that dies between the answer of the vendor and the row', () => {
  async function dieWithAnswer(signedIn: KeptSignIn): Promise<void> {
    vendor.answer({ status: 0, isLost: true });
    now += 3_600_000;
    await expect(start().accessToken(signedIn, signal())).rejects.toMatchObject({ name: 'OutboundError' });
    expect(await tokenRow()).toMatchObject({ generation: 1, isUnfinished: true });
  }

  test('loses nothing where the vendor takes the former token for a while: the worker makes it good', async () => {
    const signedIn = await signIn();
    vendor.hasGrace = true;
    await dieWithAnswer(signedIn);

    expect(await tender().tend()).toBe(1);

    expect(await tokenRow()).toMatchObject({ generation: 2, isUnfinished: false, endReason: null });
    expect(lines.join('')).toContain('a refresh of tokens did not end; it is made again');
  });

  test('is made good also after somebody was put off meanwhile', async () => {
    const signedIn = await signIn();
    vendor.hasGrace = true;
    await dieWithAnswer(signedIn);
    vendor.answer({ status: 429 });

    await expect(start().accessToken(signedIn, signal())).rejects.toMatchObject({ status: 429 });

    expect(await tokenRow()).toMatchObject({ isUnfinished: true, isLeased: false });
    expect(await tender().tend()).toBe(1);
    expect(await tokenRow()).toMatchObject({ generation: 2, endReason: null });
  });

  test('is noticed where the vendor does not: somebody has to sign in again, and is told why', async () => {
    const signedIn = await signIn();
    await dieWithAnswer(signedIn);
    const reason = 'The sign-in at Jira was lost while it was renewed. Sign in again.';

    await expect(start().accessToken(signedIn, signal())).rejects.toThrow(reason);

    expect(await statusOf(signedIn)).toEqual({ status: 'BROKEN', lastError: reason });
    expect(await tender().tend()).toBe(0);
  });

  test('leaves its lease, which others wait for and then take', async () => {
    const signedIn = await signIn();
    now += 3_600_000;
    await superuser.query(
      `UPDATE integrations.oauth_token SET refresh_started_at = $1, lease_until = $1::timestamptz + interval '30 seconds'`,
      [clock.now()],
    );
    let looks = 0;
    const watched: IntegrationsDatabase = {
      ...database,
      inTenant: (tenantId, work) => {
        looks += 1;
        return database.inTenant(tenantId, work);
      },
    };
    const waiting = new TokenKeeper({ database: watched, secretBox: dataKeys, clock, logger }).accessToken(
      signedIn,
      signal(),
    );
    await until('the lease was respected twice', () => looks >= 2);
    expect(refreshes()).toBe(0);

    now += 30_000;

    expect(await waiting).toBe(vendor.secrets.at(-2));
    expect(refreshes()).toBe(1);
  });

  // Attack: the token endpoint of a tenant's own server hangs, until the former tokens of others are no longer taken.
  test('is made good while the vendor of another tenant hangs', async () => {
    vendor.hasGrace = true;
    const [hanging, other] = [await signIn(), await signIn()];
    now += 3_600_000;
    await superuser.query(
      `UPDATE integrations.oauth_token SET refresh_started_at = $1::timestamptz
         - CASE integration_id WHEN $2 THEN interval '1 minute' ELSE interval '0' END`,
      [clock.now(), hanging.integrationId],
    );
    const isDone = Promise.withResolvers<void>();
    const tending = tender(async (url, init) => {
      if (init?.connection === hanging.integrationId) await isDone.promise;
      const response = await outbound.fetch(url, init);
      if (init?.connection === other.integrationId) isDone.resolve();
      return response;
    });

    expect(await tending.tend()).toBe(2);
  });

  function tender(fetchOf: OutboundFetch = outbound.fetch): TokenTender {
    const keeper = start();
    const signIns = new SignIns({ keeper, clock, hosts: hosts() });
    return new TokenTender({
      database,
      secretBox: dataKeys,
      signIns,
      keeper,
      fetch: fetchOf,
      clock,
      logger,
    });
  }
});

describe('a sign-in that the vendor has ended', () => {
  test('breaks the connection in words, once, and the vendor is not asked again', async () => {
    const signedIn = await signIn();
    vendor.revoke();
    now += 3_600_000;
    const keepers = [start(), start()];

    const failures = await Promise.all(
      keepers.map((keeper) => keeper.accessToken(signedIn, signal()).catch((error: unknown) => error)),
    );
    await expect(start().accessToken(signedIn, signal())).rejects.toThrow('Sign in again');

    const words = 'Jira has ended the sign-in. Sign in again.';
    for (const failure of failures) expect(failure).toMatchObject({ message: words });
    expect(await statusOf(signedIn)).toEqual({ status: 'BROKEN', lastError: words });
    expect(refreshes()).toBe(1);
  });
});

describe('a vendor that fails', () => {
  test.each([429, 500, 503])('with %i ends no sign-in: the next one refreshes', async (status) => {
    const signedIn = await signIn();
    now += 3_600_000;
    vendor.answer({ status });

    await expect(start().accessToken(signedIn, signal())).rejects.toMatchObject({
      name: 'ConnectorError',
      status,
    });
    expect(await statusOf(signedIn)).toMatchObject({ status: 'HEALTHY' });

    expect(vendor.secrets).toContain(await start().accessToken(signedIn, signal()));
    expect(await tokenRow()).toMatchObject({ generation: 2, isUnfinished: false, isLeased: false });
  });
});

test('tokens belong to one credential: with another one somebody has to sign in again', async () => {
  const signedIn = await signIn();

  await expect(start().accessToken({ ...signedIn, connectionRevision: 2 }, signal())).rejects.toThrow(
    'Nobody has signed in at Jira yet. Sign in.',
  );
});

test('no token is in the log', async () => {
  const signedIn = await signIn();
  now += 3_600_000;
  await start().accessToken(signedIn, signal());
  vendor.revoke();
  now += 3_600_000;
  await start()
    .accessToken(signedIn, signal())
    .catch(() => undefined);

  const written = lines.join('');
  expect(written).toContain('a sign-in has ended');
  expect([...vendor.secrets, OAUTH_CLIENT.clientSecret].filter((secret) => written.includes(secret))).toEqual(
    [],
  );
});
