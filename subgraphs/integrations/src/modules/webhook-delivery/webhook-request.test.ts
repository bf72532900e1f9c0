/** Our signatures against the reference library of Standard Webhooks and against an independent Ed25519, both ways. */
import { createHmac, createPublicKey, randomBytes, verify } from 'node:crypto';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { createWebhookKey, toEd25519Key, toSigner } from '../webhook-endpoint/webhook-keys.ts';
import { toWebhookHeaders, withoutSignatures } from './webhook-request.ts';

const MESSAGE = { id: 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W', body: '{"type":"agent.created","data":{"ü":"…"}}' };

function signedBy(secrets: readonly string[], at = new Date()): Record<string, string> {
  return toWebhookHeaders(MESSAGE, secrets.map(toSigner), at);
}

describe('a shared secret', () => {
  // From the specification's own example.
  test('signs the example of the specification as it says', () => {
    const signer = toSigner('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const body = '{"test": 2432232314}';

    const headers = toWebhookHeaders(
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body },
      [signer],
      new Date(1_614_265_330_999),
    );

    expect(headers['webhook-timestamp']).toBe('1614265330');
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('has 32 random bytes', () => {
    const secrets = Array.from({ length: 20 }, () => createWebhookKey('HMAC').secret);

    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets)
      expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
  });

  test('signs what the reference library verifies', () => {
    const { secret } = createWebhookKey('HMAC');

    expect(new Webhook(secret).verify(MESSAGE.body, signedBy([secret]))).toEqual(JSON.parse(MESSAGE.body));
  });

  test('signs as the reference library signs', () => {
    const { secret } = createWebhookKey('HMAC');
    const at = new Date();

    const theirs = new Webhook(secret).sign(MESSAGE.id, at, MESSAGE.body);

    expect(signedBy([secret], at)['webhook-signature']).toBe(theirs);
  });

  // Attacks: another body, another id, a replay with a fresh time, another secret, an old message.
  test.each([
    ['body', { body: MESSAGE.body.replace('created', 'deleted') }],
    ['id', { headers: { 'webhook-id': 'msg_other' } }],
    ['timestamp', { headers: { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) + 1) } }],
    ['secret', { secret: createWebhookKey('HMAC').secret }],
    ['age', { at: new Date(Date.now() - 6 * 60_000) }],
  ] as readonly [string, { body?: string; headers?: Record<string, string>; secret?: string; at?: Date }][])(
    'does not verify with another %s',
    (_what, { body = MESSAGE.body, headers = {}, secret, at }) => {
      const own = createWebhookKey('HMAC').secret;
      const signed = { ...signedBy([own], at), ...headers };

      expect(() => new Webhook(secret ?? own).verify(body, signed)).toThrow(WebhookVerificationError);
    },
  );

  test('and the one before it both verify during a rotation', () => {
    const [former, current] = [createWebhookKey('HMAC').secret, createWebhookKey('HMAC').secret];

    const headers = signedBy([current, former]);

    expect(headers['webhook-signature']).toMatch(/^v1,[\w+/=]+ v1,[\w+/=]+$/);
    for (const secret of [former, current]) new Webhook(secret).verify(MESSAGE.body, headers);
  });
});

describe('a key pair', () => {
  function verifies(
    publicKey: string,
    headers: Readonly<Record<string, string>>,
    body = MESSAGE.body,
  ): boolean {
    const raw = Buffer.from(publicKey.slice('whpk_'.length), 'base64');
    // As a receiver with nothing but the specification does it.
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
      format: 'jwk',
    });
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    return (headers['webhook-signature'] ?? '')
      .split(' ')
      .filter((signature) => signature.startsWith('v1a,'))
      .some((signature) =>
        verify(null, Buffer.from(content), key, Buffer.from(signature.slice(4), 'base64')),
      );
  }

  // RFC 8032, section 7.1, test 1 and 2.
  test.each([
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    ],
  ])('of the seed %s has the public key of the standard', (seed, expected) => {
    const { publicKey } = toEd25519Key(Buffer.from(seed, 'hex'));

    expect(Buffer.from(publicKey?.slice('whpk_'.length) ?? '', 'base64').toString('hex')).toBe(expected);
  });

  test('signs what the public key verifies, and nothing else', () => {
    const { secret, publicKey } = createWebhookKey('ED25519');

    const headers = signedBy([secret]);

    expect(verifies(publicKey ?? '', headers)).toBe(true);
    expect(verifies(publicKey ?? '', headers, '{}')).toBe(false);
    expect(verifies(createWebhookKey('ED25519').publicKey ?? '', headers)).toBe(false);
  });
});

test('an attempt has the headers of the specification', () => {
  const headers = signedBy([createWebhookKey('HMAC').secret], new Date('2026-05-04T10:00:00.999Z'));

  expect(headers).toEqual({
    'content-type': 'application/json',
    'user-agent': 'Flowgrid-Webhooks/1.0',
    'webhook-id': MESSAGE.id,
    'webhook-timestamp': '1777888800',
    'webhook-signature': expect.stringMatching(/^v1,[\w+/]{43}=$/),
  });
});

test('what the log keeps of the headers holds no signature', () => {
  const headers = signedBy([createWebhookKey('HMAC').secret, createWebhookKey('ED25519').secret]);

  expect(withoutSignatures(headers)['webhook-signature']).toBe('v1,… v1a,…');
});

test('what is no secret is refused without being repeated', () => {
  const odd = `whsk_${randomBytes(8).toString('base64')}`;

  expect(() => toSigner(odd)).toThrow('no known form');
  expect(() => toSigner('')).toThrow('no known form');
});

test('the signature is the one that HMAC-SHA256 gives', () => {
  const key = Buffer.alloc(24, 7);

  const headers = signedBy([`whsec_${key.toString('base64')}`], new Date(0));

  const expected = createHmac('sha256', key).update(`${MESSAGE.id}.0.${MESSAGE.body}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
});
