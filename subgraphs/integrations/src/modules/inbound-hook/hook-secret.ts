/** What the messages of a hook are signed with: made here, or given by a sender who makes its own. */
import { randomBytes } from 'node:crypto';
import { invalidInput } from '@flowgrid/platform';
import type { HookVerification } from '../../adapters/hooks/hook-dialect.ts';
import type { SecretPlace } from '../credential/secret-box.ts';

const SECRET_BYTES = 32;
const ADDRESS_BYTES = 24;
const MIN_LENGTH = 16;
const MAX_LENGTH = 500;

/** 192 random bits: nobody finds one by trying. */
export function newAddress(): string {
  return randomBytes(ADDRESS_BYTES).toString('base64url');
}

/** The shape of `newAddress`; nothing else is looked for. */
export function isAddress(text: string): boolean {
  return /^[\w-]{32}$/.test(text);
}

export function placeOf(hookId: string): SecretPlace {
  return { owner: hookId, field: 'secret' };
}

/** A secret to store, and whether it was made here: only then is it shown, and only once. */
export interface ChosenSecret {
  readonly value: string;
  readonly isOwn: boolean;
}

/** @throws InvalidInput with the path `secret`. */
export function chooseSecret(verification: HookVerification, given: string | null | undefined): ChosenSecret {
  if (given != null) return { value: checkSecret(verification, given), isOwn: false };
  switch (verification) {
    case 'STANDARD_WEBHOOKS':
      return { value: `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`, isOwn: true };
    case 'HMAC_SHA256':
      return { value: randomBytes(SECRET_BYTES).toString('base64url'), isOwn: true };
    case 'BEARER_JWT':
      throw invalidInput('REQUIRED', 'Give the client secret of the app: its messages are signed with it.', [
        'secret',
      ]);
    default:
      return verification satisfies never;
  }
}

function checkSecret(verification: HookVerification, secret: string): string {
  const problem = findProblem(verification, secret);
  if (problem !== null) throw invalidInput('INVALID', problem, ['secret']);
  return secret;
}

function findProblem(verification: HookVerification, secret: string): string | null {
  if (verification === 'STANDARD_WEBHOOKS') {
    const [, prefix, encoded = ''] = /^(whsec_|whpk_)([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const { length } = Buffer.from(encoded, 'base64');
    if (prefix === 'whpk_') return length === 32 ? null : 'A public key is whpk_ and 32 bytes in base64.';
    return length >= 24 && length <= 64 ? null : 'A secret is whsec_ and 24 to 64 bytes in base64.';
  }
  if (secret.length < MIN_LENGTH) return `A secret has at least ${MIN_LENGTH} characters.`;
  if (secret.length > MAX_LENGTH) return `A secret has at most ${MAX_LENGTH} characters.`;
  return /^[\x21-\x7e]+$/.test(secret) ? null : 'A secret has no spaces and no other than ASCII characters.';
}
