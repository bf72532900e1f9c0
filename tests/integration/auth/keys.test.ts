import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createLogger, systemClock, type Clock } from '@flowgrid/platform';
import { createMemorySharedState } from '@flowgrid/shared-state';
import { openAuthDatabase, type AuthDatabase } from '../../../subgraphs/auth/src/database.ts';
import { provision } from '../../../subgraphs/auth/src/modules/provisioning/provisioning.ts';
import { verifyAccessToken } from '../../../subgraphs/auth/src/modules/session/access-token.ts';
import { SealError } from '../../../subgraphs/auth/src/modules/signing-key/key-seal.ts';
import { openKeyRing, type KeyRing } from '../../../subgraphs/auth/src/modules/signing-key/key-ring.ts';
import {
  KEY_AGE_LIMIT_MS,
  PUBLISH_LEAD_MS,
  RETENTION_MS,
} from '../../../subgraphs/auth/src/modules/signing-key/plan-rotation.ts';
import { rotateKeys } from '../../../subgraphs/auth/src/modules/signing-key/rotate-keys.ts';
import { createServices, type Services } from '../../../subgraphs/auth/src/services.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { createPlatform } from '../../testkit/platform.ts';
import { PASSWORD, cheapPasswords } from './service.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const START = new Date('2026-03-01T00:00:00Z').getTime();
const ISSUER = 'https://flowgrid.test';
const DAY_MS = 24 * 60 * 60 * 1000;

let testDatabase: TestDatabase;
let database: AuthDatabase;
const keySecret = Buffer.alloc(32, 1);

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openAuthDatabase(testDatabase.url('flowgrid_auth'));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

interface Auth extends Disposable {
  readonly clock: Clock;
  readonly services: Services;
  readonly keyRing: KeyRing;
  advance(milliseconds: number): void;
  rotate(isForced?: boolean): ReturnType<typeof rotateKeys>;
}

/** The service in this process, with a clock of its own. */
async function openAuth(): Promise<Auth> {
  await database.withoutTenant((client) => client.signingKey.deleteMany());
  let time = START;
  const clock = { now: () => new Date(time) };
  const rotate = (isForced = false): ReturnType<typeof rotateKeys> =>
    rotateKeys({ database, clock, keySecret }, isForced);
  await rotate();
  const keyRing = await openKeyRing({ database, keySecret, clock, logger });
  const services = createServices({
    database,
    keyRing,
    epochs: createMemorySharedState(logger).epochs,
    passwords: cheapPasswords,
    clock,
    logger,
    issuer: ISSUER,
    accessTokenSeconds: 900,
  });
  const users = [{ email: 'ada@one.test', name: 'Ada', password: PASSWORD, role: 'EDITOR' as const }];
  await provision(
    { database, passwords: cheapPasswords, clock },
    { tenants: [{ slug: 'one', name: 'One', users }] },
  );
  return {
    clock,
    services,
    keyRing,
    rotate,
    advance: (milliseconds) => {
      time += milliseconds;
    },
    [Symbol.dispose]: () => keyRing[Symbol.dispose](),
  };
}

const request = { requestId: 'test', clientAddress: null };
const credentials = { email: 'ada@one.test', password: PASSWORD };

test('a new key is published before it signs, and tokens of the old one stay good', async () => {
  using auth = await openAuth();
  const first = auth.keyRing.signer('access').keyId;
  auth.advance(KEY_AGE_LIMIT_MS);
  const { created } = await auth.rotate();
  await auth.keyRing.reload();

  expect(created).toHaveLength(2);
  expect(auth.keyRing.jwks('access').keys).toHaveLength(2);
  expect(auth.keyRing.signer('access').keyId).toBe(first);

  auth.advance(PUBLISH_LEAD_MS - 1000);
  const { accessToken } = await auth.services.signIn.signIn(request, credentials);
  auth.advance(1000);
  const exchanged = await auth.services.contexts.grant(`Bearer ${accessToken}`, ['agents']);

  expect(auth.keyRing.signer('access').keyId).not.toBe(first);
  expect(exchanged.anonymous).toBe(false);

  auth.advance(RETENTION_MS);
  expect(auth.keyRing.jwks('access').keys).toHaveLength(1);
  const { removed } = await auth.rotate();
  expect(removed).toContain(first);
});

test('a process hears of a key that another made when it meets a token of it', async () => {
  using auth = await openAuth();
  const { clock } = auth;
  using elsewhere = await openKeyRing({ database, keySecret, clock, logger });
  auth.advance(1);
  await auth.rotate(true);
  auth.advance(PUBLISH_LEAD_MS);
  await auth.keyRing.reload();
  const known = elsewhere.jwks('access').keys.length;

  const { accessToken } = await auth.services.signIn.signIn(request, credentials);
  const claims = await verifyAccessToken(accessToken, {
    keys: elsewhere.verifier('access'),
    issuer: ISSUER,
    clock,
  });

  expect(known).toBe(1);
  expect(claims).not.toBeNull();
  expect(elsewhere.jwks('access').keys).toHaveLength(2);
});

test('many rotations at once make one key', async () => {
  using auth = await openAuth();
  await database.withoutTenant((client) => client.signingKey.deleteMany());

  const reports = await Promise.all(Array.from({ length: 6 }, () => auth.rotate(true)));

  // One makes the first keys; another, because of the force, their successors; the rest finds these waiting.
  expect(reports.map(({ created }) => created.length).toSorted((one, other) => one - other)).toEqual([
    0, 0, 0, 0, 2, 2,
  ]);
});

test('the wrong key secret is named', async () => {
  using auth = await openAuth();
  expect(auth.keyRing.jwks('context').keys).toHaveLength(1);

  const opened = openKeyRing({ database, keySecret: Buffer.alloc(32, 2), clock: systemClock, logger });

  await expect(opened).rejects.toThrow(SealError);
});

test('no private key is readable in the database', async () => {
  using auth = await openAuth();
  const { keyId } = auth.keyRing.signer('access');

  const row = await database.withoutTenant((client) =>
    client.signingKey.findUniqueOrThrow({ where: { id: keyId } }),
  );

  expect(Object.keys(row.publicJwk as object)).not.toContain('d');
  expect(Buffer.from(row.sealedPrivateJwk).toString('latin1')).not.toContain('"kty"');
});

test('an access token ends with its time, a refresh token after two quiet weeks, a session after a month', async () => {
  using auth = await openAuth();
  const { sessions, signIn, contexts } = auth.services;
  let started = await signIn.signIn(request, credentials);
  const quiet = await signIn.signIn(request, credentials);

  auth.advance(15 * 60 * 1000 + 6_000);
  await expect(contexts.grant(`Bearer ${started.accessToken}`, ['auth'])).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  started = await sessions.refresh(request, started);
  auth.advance(13 * DAY_MS);
  started = await sessions.refresh(request, started);
  auth.advance(DAY_MS);
  await expect(sessions.refresh(request, quiet)).rejects.toMatchObject({
    errors: [{ code: 'INVALID_CREDENTIALS' }],
  });
  auth.advance(12 * DAY_MS);
  started = await sessions.refresh(request, started);
  auth.advance(5 * DAY_MS);
  await expect(sessions.refresh(request, started)).rejects.toMatchObject({
    errors: [{ code: 'INVALID_CREDENTIALS' }],
  });
});

test('two processes that start at once on an empty database agree on the keys', async () => {
  await using fresh = await createTestDatabase();
  await using platform = await createPlatform({ database: fresh });

  const processes = await Promise.all([platform.start('auth'), platform.start('auth', {})]);

  const published = await Promise.all(
    processes.map(async ({ url }) => (await fetch(`${url}/internal/context-keys`)).json()),
  );
  expect(published[0]).toEqual(published[1]);
  expect(published[0]).toEqual({ keys: [expect.objectContaining({ kty: 'OKP', alg: 'EdDSA', use: 'sig' })] });
});

test('a service with the wrong key secret does not start, and says why', async () => {
  await using fresh = await createTestDatabase();
  await using platform = await createPlatform({ database: fresh });
  await platform.start('auth');
  const env = { AUTH_KEY_SECRET: Buffer.alloc(32, 7).toString('base64') };
  expect(env.AUTH_KEY_SECRET).not.toBe(inject('postgres').secrets.services.authKeySecret);

  await expect(platform.start('auth', { env })).rejects.toThrow('auth');

  expect(platform.log.join('\n')).toContain('AUTH_KEY_SECRET is not the one it was sealed with');
});
