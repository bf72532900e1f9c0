/** Whether a message was signed by one of the secrets of its hook. The same work is done whatever is wrong. */
import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { z } from 'zod';
import { unreachable } from '@flowgrid/platform';
import type { HookKind, HookMessage, HookVerification } from './hook-dialect.ts';

/** How far the clocks of sender and receiver may be apart. */
export const TOLERANCE_SECONDS = 300;
const MAX_SIGNATURES = 10;
const MAX_TOKEN_LENGTH = 8_192;

export interface SignedWith {
  readonly kind: HookKind;
  readonly verification: HookVerification;
  readonly secrets: readonly string[];
  readonly now: Date;
}

export function isSigned(message: HookMessage, signed: SignedWith): boolean {
  switch (signed.verification) {
    case 'STANDARD_WEBHOOKS':
      return isSignedAsStandardWebhook(message, signed);
    case 'HMAC_SHA256':
      return signed.kind === 'GENERIC' ? isSignedWithTime(message, signed) : isSignedBody(message, signed);
    case 'BEARER_JWT':
      return carriesToken(message, signed);
    default:
      return unreachable(signed.verification);
  }
}

/** Standard Webhooks 1.0: `{id}.{timestamp}.{body}`, by `v1` (HMAC) or `v1a` (ed25519). */
function isSignedAsStandardWebhook({ headers, body }: HookMessage, { secrets, now }: SignedWith): boolean {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  const given = (headers['webhook-signature'] ?? '').split(' ').slice(0, MAX_SIGNATURES);
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`, 'utf8'), body]);
  let isRight = false;
  for (const secret of secrets) {
    for (const signature of given) {
      if (isStandardSignature(content, secret, signature)) isRight = true;
    }
  }
  return isRight && id !== '' && isRecent(timestamp, now);
}

function isStandardSignature(content: Buffer, secret: string, signature: string): boolean {
  if (secret.startsWith('whpk_')) {
    return signature.startsWith('v1a,') && isEd25519(content, secret, signature.slice('v1a,'.length));
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  return isSame(expected, signature);
}

/** How an ed25519 key begins in DER (RFC 8410); the key itself follows. */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function isEd25519(content: Buffer, publicKey: string, signature: string): boolean {
  const raw = Buffer.from(publicKey.slice('whpk_'.length), 'base64');
  if (raw.length !== 32) return false;
  const key = createPublicKey({ key: Buffer.concat([ED25519_PREFIX, raw]), format: 'der', type: 'spki' });
  return verify(null, content, key, Buffer.from(signature, 'base64'));
}

/** GitHub and Jira sign the body alone, and differ in the name of the header. */
function isSignedBody({ headers, body }: HookMessage, { kind, secrets }: SignedWith): boolean {
  const given = headers[kind === 'GITHUB' ? 'x-hub-signature-256' : 'x-hub-signature'] ?? '';
  return isAnyHex(given, body, secrets);
}

/** `x-signature: sha256=<hex>` of `{x-timestamp}.{body}`. */
function isSignedWithTime({ headers, body }: HookMessage, { secrets, now }: SignedWith): boolean {
  const timestamp = headers['x-timestamp'] ?? '';
  const content = Buffer.concat([Buffer.from(`${timestamp}.`, 'utf8'), body]);
  return isAnyHex(headers['x-signature'] ?? '', content, secrets) && isRecent(timestamp, now);
}

function isAnyHex(given: string, content: Buffer, secrets: readonly string[]): boolean {
  let isRight = false;
  for (const secret of secrets) {
    const expected = `sha256=${createHmac('sha256', secret).update(content).digest('hex')}`;
    if (isSame(expected, given.toLowerCase())) isRight = true;
  }
  return isRight;
}

const headerSchema = z.object({ alg: z.literal('HS256') });
const claimsSchema = z.object({
  exp: z.number(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  qsh: z.string().optional(),
});

/**
 * Webhooks of Jira's OAuth apps: a JWT, signed by HS256 with the secret of the app. It proves who sends, and not what: whoever
 * could read a message on its way could send another one until the token ends.
 */
function carriesToken({ headers, path }: HookMessage, { secrets, now }: SignedWith): boolean {
  const token = /^(?:Bearer|JWT) +([\w.-]+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? '';
  const [head = '', claims = '', signature = '', ...rest] = token.slice(0, MAX_TOKEN_LENGTH).split('.');
  let isRight = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url');
    if (isSame(expected, signature)) isRight = true;
  }
  // Nothing of the token is read before it is known who made it.
  return isRight && rest.length === 0 && isValidToken({ head, claims, path }, now);
}

function isValidToken(
  { head, claims, path }: { readonly head: string; readonly claims: string; readonly path: string },
  now: Date,
): boolean {
  if (!headerSchema.safeParse(parsePart(head)).success) return false;
  const read = claimsSchema.safeParse(parsePart(claims));
  if (!read.success) return false;
  const { exp, iat = 0, nbf = 0, qsh } = read.data;
  const seconds = now.getTime() / 1000;
  if (exp < seconds - TOLERANCE_SECONDS || Math.max(iat, nbf) > seconds + TOLERANCE_SECONDS) return false;
  return qsh === undefined || qsh === 'context-qsh' || isSame(qsh, queryHash(path));
}

function parsePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
  } catch {
    // No token that was made as they are made; the schema refuses it.
    return null;
  }
}

/** Atlassian's hash of a request: method, path, and the parameters in their order. */
export function queryHash(path: string): string {
  const [pathname = '', query = ''] = path.split('?', 2);
  const parameters = [...new URLSearchParams(query)]
    .filter(([name]) => name !== 'jwt')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted();
  return createHash('sha256')
    .update(`POST&${pathname.replace(/\/$/, '')}&${parameters.join('&')}`)
    .digest('hex');
}

function isRecent(timestamp: string, now: Date): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(now.getTime() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS;
}

/** Digests are compared, which have one length, in a time that does not depend on where they differ. */
function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
