/** What vendors send to hooks, read; and whose signatures are believed. */
import { createRequire } from 'node:module';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  appToken,
  githubMessage,
  jiraMessage,
  standardMessage,
  timedMessage,
  type SentMessage,
} from '../../testkit/hook-messages.ts';
import { UnreadableMessage, type HookKind, type HookMessage, type HookVerification } from './hook-dialect.ts';
import { readMessage } from './read-message.ts';
import { isSigned, queryHash } from './signatures.ts';

const definitions = z
  .array(z.object({ name: z.string(), examples: z.array(z.looseObject({})) }))
  .parse(createRequire(import.meta.url)('@octokit/webhooks-examples'));
const EXAMPLES = definitions.flatMap(({ name, examples }) => examples.map((payload) => ({ name, payload })));
const OF_ITEMS = new Set([
  'issues',
  'issue_comment',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
]);

const read = (kind: HookKind, payload: unknown, headers: Record<string, string> = {}) =>
  readMessage(kind, Buffer.from(JSON.stringify(payload)), {
    headers,
    baseUrl: 'https://there.example',
    mapping: { key: '/key', title: '/title' },
  });

describe('real payloads of GitHub', () => {
  const told = EXAMPLES.map(({ name, payload }) => ({
    name,
    payload,
    ...read('GITHUB', payload, { 'x-github-event': name }),
  }));

  test('about issues, pull requests and comments are all read', () => {
    const about = told.filter(({ name }) => OF_ITEMS.has(name));
    const items = about.flatMap(({ items: [item] }) => (item === undefined ? [] : [item]));

    expect(about.length).toBeGreaterThan(50);
    expect(items).toHaveLength(about.length);
    for (const { item } of items) {
      expect(item).toMatchObject({
        key: expect.stringMatching(/^[\w.-]+\/[\w.-]+#\d+$/),
        state: expect.stringMatching(/^(open|closed|)$/),
        type: expect.stringMatching(/./),
        url: expect.stringMatching(/^https:/),
        updatedAt: expect.any(Date),
      });
    }
    expect(new Set(items.map(({ change }) => change))).toEqual(
      new Set(['CREATED', 'UPDATED', 'DELETED', 'COMMENTED', 'TRANSITIONED']),
    );
  });

  test('about anything else are passed by', () => {
    const others = told.filter(({ name }) => !OF_ITEMS.has(name));

    expect(others.length).toBeGreaterThan(100);
    expect(others.filter(({ items, note }) => items.length > 0 || note === null)).toEqual([]);
  });

  test('come as a form too', () => {
    const { payload } = EXAMPLES.find(({ name }) => name === 'issues') ?? { payload: {} };
    const form = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const headers = { 'x-github-event': 'issues', 'content-type': 'application/x-www-form-urlencoded' };

    const { items } = readMessage('GITHUB', Buffer.from(form), { headers, baseUrl: null, mapping: null });

    expect(items).toHaveLength(1);
  });
});

test('an issue of Jira leads where the connection leads, whatever the message says', () => {
  const payload = {
    webhookEvent: 'jira:issue_updated',
    issue: {
      key: 'OPS-1',
      self: 'https://evil.example',
      fields: { summary: 'S', updated: '2026-01-01T00:00:00.000+0000' },
    },
    changelog: { items: [{ field: 'status' }] },
  };

  const { items } = read('JIRA', payload);

  expect(items).toMatchObject([
    { change: 'TRANSITIONED', isPartial: false, item: { url: 'https://there.example/browse/OPS-1' } },
  ]);
});

test('a mapping follows the message’s own members, never what objects inherit', () => {
  const mapping = { key: '/constructor/name', title: '/title' };
  const body = Buffer.from('{"title":"x"}');

  const reading = () => readMessage('GENERIC', body, { headers: {}, baseUrl: null, mapping });

  expect(reading).toThrow(UnreadableMessage);
});

const SECRETS: Readonly<Record<string, string>> = {
  STANDARD_WEBHOOKS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  HMAC_SHA256: 'a-secret-of-this-hook',
  BEARER_JWT: 'client-secret-of-the-app',
};
const NOW = new Date('2026-03-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const PATH = '/hooks/abc?x=1';

function check(
  kind: HookKind,
  verification: HookVerification,
  sent: SentMessage,
  options: { readonly now?: Date; readonly secrets?: readonly string[] } = {},
): boolean {
  const message: HookMessage = { headers: sent.headers, body: Buffer.from(sent.body), path: PATH };
  const secrets = options.secrets ?? [SECRETS[verification] ?? ''];
  return isSigned(message, { kind, verification, secrets, now: options.now ?? NOW });
}

const tokenOf = (claims: object, algorithm?: string): SentMessage => ({
  body: '{}',
  headers: { authorization: `Bearer ${appToken(SECRETS['BEARER_JWT'] ?? '', claims, algorithm)}` },
});
const MESSAGES: readonly (readonly [HookKind, HookVerification, (secret: string) => SentMessage])[] = [
  [
    'GITHUB',
    'HMAC_SHA256',
    (secret) => githubMessage(secret, { event: 'issues', delivery: '1', payload: { a: 1 } }),
  ],
  ['JIRA', 'HMAC_SHA256', (secret) => jiraMessage(secret, { identifier: '1', payload: { a: 1 } })],
  ['GENERIC', 'HMAC_SHA256', (secret) => timedMessage(secret, { id: '1', payload: { a: 1 }, at: NOW })],
  [
    'GENERIC',
    'STANDARD_WEBHOOKS',
    (secret) => standardMessage(secret, { id: '1', payload: { a: 1 }, at: NOW }),
  ],
  [
    'SERVICENOW',
    'STANDARD_WEBHOOKS',
    (secret) => standardMessage(secret, { id: '1', payload: { a: 1 }, at: NOW }),
  ],
];

describe.each(MESSAGES)('%s by %s', (kind, verification, make) => {
  const secret = SECRETS[verification] ?? '';
  const other = secret.startsWith('whsec_')
    ? `whsec_${Buffer.alloc(32, 2).toString('base64')}`
    : 'another-secret-of-it';

  test('a signed message is believed, by any secret that counts', () => {
    expect(check(kind, verification, make(secret))).toBe(true);
    expect(check(kind, verification, make(secret), { secrets: [other, secret] })).toBe(true);
  });

  // Each stops somebody who knows the address from speaking as the other system.
  test('another body, another secret or no signature is not', () => {
    const { headers, body } = make(secret);

    expect(check(kind, verification, { headers, body: `${body} ` })).toBe(false);
    expect(check(kind, verification, make(other))).toBe(false);
    expect(check(kind, verification, { headers: {}, body })).toBe(false);
    expect(check(kind, verification, make(secret), { secrets: [] })).toBe(false);
  });
});

test.each([
  ['GENERIC', 'HMAC_SHA256'],
  ['GENERIC', 'STANDARD_WEBHOOKS'],
] as const)(
  '%s by %s: a message from outside of five minutes is refused, whichever way',
  (kind, verification) => {
    const make = MESSAGES.find(([a, b]) => a === kind && b === verification)?.[2];
    const sent = make?.(SECRETS[verification] ?? '') ?? { headers: {}, body: '' };
    const after = (seconds: number): boolean =>
      check(kind, verification, sent, { now: new Date(NOW.getTime() + seconds * 1000) });

    expect([-301, -299, 299, 301].map(after)).toEqual([false, true, true, false]);
  },
);

test('one of several signatures is enough, and an ed25519 signature is believed by its public key', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const content = Buffer.from(`m.${SECONDS}.{}`);
  const signature = sign(null, content, privateKey).toString('base64');
  const headers = {
    'webhook-id': 'm',
    'webhook-timestamp': String(SECONDS),
    'webhook-signature': `v1,AAAA v1a,${signature}`,
  };
  const secrets = [`whpk_${raw.toString('base64')}`];

  expect(check('GENERIC', 'STANDARD_WEBHOOKS', { headers, body: '{}' }, { secrets })).toBe(true);
  expect(check('GENERIC', 'STANDARD_WEBHOOKS', { headers, body: '[]' }, { secrets })).toBe(false);
});

test.each([
  ['valid', { exp: SECONDS + 60, iat: SECONDS }, undefined, true],
  ['of this request', { exp: SECONDS + 60, qsh: queryHash(PATH) }, undefined, true],
  ['of another request', { exp: SECONDS + 60, qsh: queryHash('/hooks/other') }, undefined, false],
  ['expired', { exp: SECONDS - 400 }, undefined, false],
  ['without an end', { iat: SECONDS }, undefined, false],
  ['from the future', { exp: SECONDS + 9000, iat: SECONDS + 400 }, undefined, false],
  // The head of a token is not believed about how it was signed.
  ['of another algorithm', { exp: SECONDS + 60 }, 'none', false],
] as const)('a token of a Jira app that is %s', (_name, claims, algorithm, isBelieved) => {
  expect(check('JIRA', 'BEARER_JWT', tokenOf(claims, algorithm))).toBe(isBelieved);
});
