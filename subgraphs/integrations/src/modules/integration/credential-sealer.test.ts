import { describe, expect, it } from 'vitest';
import { SealError, createCredentialSealer } from './credential-sealer.ts';

const PLACE = { tenantId: 'tenant-a', integrationId: 'integration-a', field: 'token' };
const SECRET = 'ghp_0123456789abcdef';
const FIRST_KEY = Buffer.alloc(32, 1);
const SECOND_KEY = Buffer.alloc(48, 2);

const sealer = createCredentialSealer({ current: FIRST_KEY, old: [] });

function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return bytes.toString('base64');
}

describe('the credential sealer', () => {
  it('opens what it sealed, after a way through JSON', () => {
    const stored: unknown = JSON.parse(JSON.stringify(sealer.seal(PLACE, SECRET)));

    expect(sealer.open(PLACE, stored)).toBe(SECRET);
  });

  it('shows nothing of the secret, and never seals the same way twice', () => {
    const first = sealer.seal(PLACE, SECRET);
    const second = sealer.seal(PLACE, SECRET);

    expect(JSON.stringify(first)).not.toContain(SECRET);
    expect(first.nonce).not.toBe(second.nonce);
    expect(first.ciphertext).not.toBe(second.ciphertext);
    expect(Buffer.from(first.nonce, 'base64')).toHaveLength(12);
  });

  // A row that is copied to a place of the attacker's must not open there.
  it.each([
    ['tenant', { ...PLACE, tenantId: 'tenant-b' }],
    ['integration', { ...PLACE, integrationId: 'integration-b' }],
    ['field', { ...PLACE, field: 'password' }],
  ])('does not open a value that was moved to another %s', (_what, place) => {
    expect(() => sealer.open(place, sealer.seal(PLACE, SECRET))).toThrow(SealError);
  });

  it.each(['nonce', 'ciphertext', 'tag'] as const)('does not open a value whose %s was altered', (part) => {
    const envelope = sealer.seal(PLACE, SECRET);

    expect(() => sealer.open(PLACE, { ...envelope, [part]: flipped(envelope[part]) })).toThrow(SealError);
  });

  // GCM takes tags as short as four bytes, which can be guessed.
  it('does not open a value with a shortened tag', () => {
    const envelope = sealer.seal(PLACE, SECRET);
    const tag = Buffer.from(envelope.tag, 'base64').subarray(0, 4).toString('base64');

    expect(() => sealer.open(PLACE, { ...envelope, tag })).toThrow(SealError);
  });

  it.each([null, 'text', {}, { v: 2 }])('does not open %j', (stored) => {
    expect(() => sealer.open(PLACE, stored)).toThrow(SealError);
  });

  it('opens with an old key and seals with the current one', () => {
    const envelope = sealer.seal(PLACE, SECRET);
    const rotated = createCredentialSealer({ current: SECOND_KEY, old: [FIRST_KEY] });

    expect(rotated.open(PLACE, envelope)).toBe(SECRET);
    expect(rotated.seal(PLACE, SECRET).keyId).not.toBe(envelope.keyId);
  });

  it('does not open what a key that it was not given sealed', () => {
    const other = createCredentialSealer({ current: SECOND_KEY, old: [] });

    expect(() => other.open(PLACE, sealer.seal(PLACE, SECRET))).toThrow(SealError);
  });
});
