import { describe, expect, it } from 'vitest';
import { createFormerEnvelopes } from './former-envelopes.ts';
import { SealError } from './secret-box.ts';

const TENANT = 'tenant-a';
const PLACE = { owner: 'integration-a', field: 'token' };
const SECRET = 'ghp_0123456789abcdef';
const KEY = Buffer.alloc(32, 1);
/** Sealed by the release that had one key for all tenants. */
const ENVELOPE = {
  v: 1,
  keyId: 'a540c400b5a6309d',
  nonce: '/NtSHUH8Pr7h7Qtq',
  ciphertext: 'BNdertZhPi1PWCUH2Ljyhpz5E3c=',
  tag: '/IAVzTpWbhwqrVEDc1UyfA==',
};

const former = createFormerEnvelopes([Buffer.alloc(48, 2), KEY]);

describe('what was sealed before there were data keys', () => {
  it('opens at its place, by any of the keys', () => {
    expect(former.open(TENANT, PLACE, ENVELOPE)).toBe(SECRET);
  });

  // A row that is copied to a place of the attacker's must not open there.
  it.each([
    ['tenant', 'tenant-b', PLACE],
    ['owner', TENANT, { ...PLACE, owner: 'integration-b' }],
    ['field', TENANT, { ...PLACE, field: 'password' }],
  ])('does not open at another %s', (_what, tenantId, place) => {
    expect(() => former.open(tenantId, place, ENVELOPE)).toThrow(SealError);
  });

  it('does not open without its key', () => {
    expect(() => createFormerEnvelopes([]).open(TENANT, PLACE, ENVELOPE)).toThrow(SealError);
  });

  // GCM takes tags as short as four bytes, which can be guessed.
  it('does not open with a shortened tag', () => {
    const tag = Buffer.from(ENVELOPE.tag, 'base64').subarray(0, 4).toString('base64');

    expect(() => former.open(TENANT, PLACE, { ...ENVELOPE, tag })).toThrow(SealError);
  });

  it.each([null, 'text', {}, { ...ENVELOPE, v: 2 }])('leaves %j alone', (stored) => {
    expect(former.open(TENANT, PLACE, stored)).toBeNull();
  });
});
