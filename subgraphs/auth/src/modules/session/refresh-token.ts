import { createHash, randomBytes } from 'node:crypto';

/** The prefix lets secret scanners recognise a token that leaked. */
const PREFIX = 'fgr_';
const TOKEN_BYTES = 32;
const PATTERN = /^fgr_[\w-]{43}$/;

export function newRefreshToken(): string {
  return PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
}

export function isRefreshToken(text: string): boolean {
  return PATTERN.test(text);
}

/** What is stored. A token has 256 random bits: one round of SHA-256 is enough. */
export function hashRefreshToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
