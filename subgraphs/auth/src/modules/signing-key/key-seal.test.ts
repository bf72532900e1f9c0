import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { SealError, openPrivateJwk, sealPrivateJwk } from './key-seal.ts';

const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'public', d: 'private' };
const seal = { keyId: 'key-1', keySecret: randomBytes(32) };

test('a sealed key is opened by its secret and id', () => {
  const sealed = sealPrivateJwk(jwk, seal);

  expect(openPrivateJwk(sealed, seal)).toEqual(jwk);
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('private');
});

test('the same key is sealed differently each time', () => {
  expect(sealPrivateJwk(jwk, seal)).not.toEqual(sealPrivateJwk(jwk, seal));
});

// Attack: who can write to the table puts another row's key, or a changed one, in place.
test.each([
  ['another secret', { ...seal, keySecret: randomBytes(32) }, 0],
  ['another key id', { ...seal, keyId: 'key-2' }, 0],
  ['a changed byte', seal, 1],
])('%s does not open it', (_case, other, change) => {
  const sealed = sealPrivateJwk(jwk, seal);
  sealed.set([(sealed.at(-1) ?? 0) ^ change], sealed.length - 1);

  expect(() => openPrivateJwk(sealed, other)).toThrow(SealError);
});

test('a seal that was cut off does not open', () => {
  expect(() => openPrivateJwk(sealPrivateJwk(jwk, seal).slice(0, 20), seal)).toThrow(SealError);
});
