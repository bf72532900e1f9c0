/** One suite over all places of key-encryption keys, and what only some of them do. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VAULT_TOKEN, startKeyVaultServer, type KeyVaultServer } from '../../testkit/key-vault-server.ts';
import { combineKeyEncryptions, WrapError, type KeyEncryption } from './key-encryption.ts';
import { createKeyVaultKeys } from './key-vault-keys.ts';
import { createLocalKeys } from './local-keys.ts';

let vault: KeyVaultServer;

beforeAll(async () => {
  vault = await startKeyVaultServer();
});
afterAll(async () => {
  await vault[Symbol.asyncDispose]();
});

const FIRST = randomBytes(32);
const SECOND = randomBytes(32);
const KEY = randomBytes(64);

function signal(): AbortSignal {
  return AbortSignal.timeout(10_000);
}

function vaultKeys(keyId: string, oldKeyIds: readonly string[] = [], now?: () => number): KeyEncryption {
  return createKeyVaultKeys({
    keyId,
    oldKeyIds,
    credential: {
      getToken: () => Promise.resolve({ token: VAULT_TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }),
    },
    clientOptions: {
      tlsOptions: { ca: vault.certificate },
      // The loopback is no part of the domain that the challenge names.
      disableChallengeResourceVerification: true,
      retryOptions: { maxRetries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 5 },
    },
    ...(now && { now }),
  });
}

interface Place {
  readonly name: string;
  readonly open: () => KeyEncryption;
  /** The same place after its key was changed; what was wrapped before must open. */
  readonly rotate: () => KeyEncryption;
  /** Another place, which has none of the keys. */
  readonly foreign: () => KeyEncryption;
}

const PLACES: readonly Place[] = [
  {
    name: 'local keys',
    open: () => createLocalKeys({ current: FIRST, old: [] }),
    rotate: () => createLocalKeys({ current: SECOND, old: [FIRST] }),
    foreign: () => createLocalKeys({ current: SECOND, old: [] }),
  },
  {
    name: 'Azure Key Vault',
    open: () => vaultKeys(vault.keyId),
    rotate: () => vaultKeys(vault.rotate(), [vault.keyId]),
    foreign: () => vaultKeys(`${vault.url}/keys/another`),
  },
];

describe.each(PLACES)('$name', ({ open, rotate, foreign }) => {
  it('unwraps what it wrapped, and shows nothing of it', async () => {
    const keys = open();

    const wrapped = await keys.wrap(KEY, signal());

    expect(await keys.unwrap(wrapped, signal())).toEqual(KEY);
    expect(wrapped.wrappedBy).toBe(await keys.current(signal()));
    expect(Buffer.from(wrapped.wrapped, 'base64').includes(KEY)).toBe(false);
  });

  it('unwraps after its key was changed, and wraps with the new one', async () => {
    const wrapped = await open().wrap(KEY, signal());

    const rotated = rotate();

    expect(await rotated.unwrap(wrapped, signal())).toEqual(KEY);
    expect(await rotated.current(signal())).not.toBe(wrapped.wrappedBy);
  });

  it('never unwraps what it has no key for', async () => {
    const wrapped = await open().wrap(KEY, signal());

    const failure = await foreign()
      .unwrap(wrapped, signal())
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(WrapError);
    expect(failure).toMatchObject({ isPassing: false });
  });

  it('does not unwrap what was altered', async () => {
    const keys = open();
    const { wrappedBy, wrapped } = await keys.wrap(KEY, signal());
    const bytes = Buffer.from(wrapped, 'base64');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);

    await expect(
      keys.unwrap({ wrappedBy, wrapped: bytes.toString('base64') }, signal()),
    ).rejects.toMatchObject({ name: 'WrapError', isPassing: false });
    await expect(keys.unwrap({ wrappedBy, wrapped: 'AAAA' }, signal())).rejects.toBeInstanceOf(WrapError);
  });
});

describe('a key of Azure Key Vault', () => {
  it('is asked for a token by its challenge, without the key that is to be wrapped', async () => {
    const before = vault.requests.length;

    await vaultKeys(vault.versions[0] ?? '').wrap(KEY, signal());

    const path = `POST ${new URL(vault.versions[0] ?? '').pathname}/wrapkey`;
    expect(vault.requests.slice(before)).toEqual([path, path]);
  });

  it('is tried again when the vault wants a pause or fails', async () => {
    const keys = vaultKeys(vault.keyId);
    await keys.current(signal());
    vault.refuse(
      { status: 429, code: 'Throttled', headers: { 'retry-after-ms': '1' } },
      { status: 503, code: 'ServiceUnavailable' },
    );

    const wrapped = await keys.wrap(KEY, signal());

    expect(await keys.unwrap(wrapped, signal())).toEqual(KEY);
  });

  it.each([
    [429, true],
    [500, true],
    [403, true],
    [400, false],
    [404, false],
  ])('says whether a %i may pass', async (status, isPassing) => {
    const keys = vaultKeys(vault.versions[0] ?? '');
    const wrapped = await keys.wrap(KEY, signal());
    const refusal = { status, code: 'Refused', headers: { 'retry-after-ms': '1' } };
    const attempts = status === 429 || status === 500 ? 3 : 1;
    vault.refuse(...Array.from({ length: attempts }, () => refusal));

    const failure = await keys.unwrap(wrapped, signal()).catch((error: unknown) => error);

    expect(failure).toMatchObject({
      name: 'WrapError',
      isPassing,
      message: `the vault answered with the status ${status}`,
    });
  });

  it('may pass when the vault cannot be reached', async () => {
    const away = vaultKeys('https://127.0.0.1:9/keys/credentials/version1');

    await expect(away.wrap(KEY, signal())).rejects.toMatchObject({ isPassing: true });
  });

  it('follows the newest version within five minutes', async () => {
    let now = 0;
    const keys = vaultKeys(vault.keyId, [], () => now);
    const former = await keys.current(signal());

    const newest = vault.rotate();

    expect(await keys.current(signal())).toBe(former);
    now += 5 * 60 * 1000 + 1;
    expect(await keys.current(signal())).toBe(newest);
  });

  // Whoever writes to the database must not have the token of this process sent to a vault of theirs.
  it('is never looked for in a vault that was not named', async () => {
    await using other = await startKeyVaultServer();
    const keys = vaultKeys(vault.keyId);
    const { wrapped } = await keys.wrap(KEY, signal());

    await expect(
      keys.unwrap({ wrappedBy: other.versions[0] ?? '', wrapped }, signal()),
    ).rejects.toMatchObject({ isPassing: false });
    expect(other.requests).toEqual([]);
  });
});

it('a vault takes over from local keys, and back', async () => {
  const local = createLocalKeys({ current: FIRST, old: [] });
  const before = await local.wrap(KEY, signal());

  const moved = combineKeyEncryptions(vaultKeys(vault.keyId), [local]);
  const after = await moved.wrap(KEY, signal());
  const back = combineKeyEncryptions(local, [vaultKeys(vault.keyId)]);

  expect(await moved.unwrap(before, signal())).toEqual(KEY);
  expect(after.wrappedBy).toContain(vault.keyId);
  expect(await back.unwrap(after, signal())).toEqual(KEY);
});
