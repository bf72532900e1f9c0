/** Webhook endpoints as clients manage them: by GraphQL, each change with its event, no secret twice. */
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TypedEnvelope } from '@flowgrid/messaging';
import { newId } from '@flowgrid/platform';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import { startIntegrations, type Ask, type IntegrationsService, type TestTenant } from './service.ts';

const ENDPOINT = `id url description events signing ordering status disabledReason disabledAt publicKey
  secrets { id publicKey expiresAt } consecutiveFailures failingSince pausedUntil`;
const DELIVERY = 'id endpointId messageId type state attemptCount payload attempts { number }';
const mutation = (name: string, fields: string): string => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  return `mutation($input: ${type}!) { result: ${name}(input: $input) { ${fields} errors { code message path } } }`;
};
const CREATE = mutation('createWebhookEndpoint', `endpoint { ${ENDPOINT} } secret`);
const UPDATE = mutation('updateWebhookEndpoint', `endpoint { ${ENDPOINT} }`);
const ROTATE = mutation('rotateWebhookSecret', `endpoint { ${ENDPOINT} } secret`);
const ENABLE = mutation('enableWebhookEndpoint', `endpoint { ${ENDPOINT} }`);
const DISABLE = mutation('disableWebhookEndpoint', `endpoint { ${ENDPOINT} }`);
const DELETE = mutation('deleteWebhookEndpoint', `endpoint { ${ENDPOINT} }`);
const TEST = mutation('sendTestWebhook', `delivery { ${DELIVERY} }`);
const REDELIVER = mutation('redeliverWebhook', `delivery { ${DELIVERY} }`);
const REPLAY = mutation('replayWebhooks', 'replay { id endpointId state total replayed onlyFailed }');
const ONE = `query($id: ID!) { webhookEndpoint(id: $id) { ${ENDPOINT} statistics { delivered failed p50Ms p95Ms } } }`;

interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly status: string;
  readonly publicKey: string | null;
  readonly secrets: readonly { id: string; publicKey: string | null; expiresAt: string | null }[];
}

interface Result {
  readonly endpoint: Endpoint | null;
  readonly secret?: string | null;
  readonly delivery?: { readonly id: string; readonly state: string; readonly payload: unknown } | null;
  readonly replay?: { readonly id: string; readonly total: number } | null;
  readonly errors: readonly { readonly code: string; readonly path: readonly string[] }[];
}

let service: IntegrationsService;

beforeAll(async () => {
  service = await startIntegrations();
  await holdOutbox(service.rows, 'integrations');
});
afterAll(() => service[Symbol.asyncDispose]());

const send = async (ask: Ask, query: string, input: object): Promise<Result> =>
  dataOf<{ result: Result }>(await ask(query, { input })).result;

async function create(ask: Ask, input: object = {}): Promise<{ endpoint: Endpoint; secret: string | null }> {
  const whole = { url: 'https://hooks.example.com/T0/secret-path?key=1', events: ['agent.*'], ...input };
  const { endpoint, secret = null, errors } = await send(ask, CREATE, whole);
  if (!endpoint) throw new Error(JSON.stringify(errors));
  return { endpoint, secret };
}

async function find(ask: Ask, id: string): Promise<Endpoint | null> {
  return dataOf<{ webhookEndpoint: Endpoint | null }>(await ask(ONE, { id })).webhookEndpoint;
}

const eventsOf = ({ id }: TestTenant): Promise<readonly TypedEnvelope[]> =>
  listEvents(service.rows, 'integrations', id);

describe('an endpoint', () => {
  test('is made, with a secret that is shown once', async () => {
    const { owner } = await service.tenant();

    const { endpoint, secret } = await create(owner, { description: 'Chat', ordering: 'RESOURCE' });

    expect(endpoint).toMatchObject({
      url: 'https://hooks.example.com/T0/secret-path?key=1',
      description: 'Chat',
      events: ['agent.*'],
      signing: 'HMAC',
      ordering: 'RESOURCE',
      status: 'ENABLED',
      publicKey: null,
      secrets: [{ publicKey: null, expiresAt: null }],
    });
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const { statistics, ...found } = { statistics: null, ...(await find(owner, endpoint.id)) };
    expect(found).toEqual(endpoint);
    expect(statistics).toEqual({ delivered: 0, failed: 0, p50Ms: null, p95Ms: null });
  });

  test('that is made twice with one id is one, and shows its secret once', async () => {
    const { owner } = await service.tenant();
    const id = newId();

    const [first, second] = [await create(owner, { id }), await create(owner, { id })];
    const other = await owner(CREATE, {
      input: { id, url: 'https://other.example.com/', events: ['agent.*'] },
    });

    expect(first.secret).not.toBeNull();
    expect(second).toEqual({ endpoint: first.endpoint, secret: null });
    expect(codesOf(other)).toEqual(['CONFLICT']);
  });

  test('of a key pair shows the public key at any time and nothing else', async () => {
    const { owner } = await service.tenant();

    const { endpoint, secret } = await create(owner, { signing: 'ED25519' });

    expect(secret).toBeNull();
    expect(endpoint.publicKey).toMatch(/^whpk_[\w+/]{43}=$/);
    expect((await find(owner, endpoint.id))?.publicKey).toBe(endpoint.publicKey);
    const key = Buffer.from(endpoint.publicKey?.slice(5) ?? '', 'base64').toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
    expect(verifySignature(null, Buffer.from('x'), publicKey, Buffer.alloc(64))).toBe(false);
  });

  test.each([
    [{ url: 'http://hooks.example.com/' }, 'INVALID', ['url']],
    [{ url: 'https://127.0.0.1/' }, 'INVALID', ['url']],
    [{ url: 'https://169.254.169.254/latest/' }, 'INVALID', ['url']],
    [{ url: 'https://user:pw@hooks.example.com/' }, 'INVALID', ['url']],
    [{ url: 'https://hooks.example.com/#x' }, 'INVALID', ['url']],
    [{ url: `https://hooks.example.com/${'x'.repeat(1000)}` }, 'TOO_LONG', ['url']],
    [{ events: [] }, 'INVALID', ['events']],
    [{ events: ['agent.flown'] }, 'INVALID', ['events', '0']],
    [{ events: ['agent.created', 'agents.*'] }, 'INVALID', ['events', '1']],
    [{ events: Array.from({ length: 51 }, () => 'agent.*') }, 'TOO_LONG', ['events']],
    [{ description: 'x'.repeat(501) }, 'TOO_LONG', ['description']],
  ])('of %j is refused', async (input, code, path) => {
    const { owner } = await service.tenant();

    const { endpoint, errors } = await send(owner, CREATE, {
      url: 'https://hooks.example.com/',
      events: ['agent.*'],
      ...input,
    });

    expect(endpoint).toBeNull();
    expect(errors).toMatchObject([{ code, path }]);
  });

  test('too many are refused, also when they come at once', async () => {
    const { owner, id } = await service.tenant();
    await Promise.all(Array.from({ length: 48 }, () => create(owner)));

    const results = await Promise.all(
      Array.from({ length: 5 }, () =>
        send(owner, CREATE, { url: 'https://hooks.example.com/', events: ['*'] }),
      ),
    );

    expect(results.flatMap(({ errors }) => errors.map(({ code }) => code))).toEqual(
      Array.from({ length: 3 }, () => 'LIMIT_REACHED'),
    );
    expect(
      await service.rows('SELECT 1 FROM integrations.webhook_endpoint WHERE tenant_id = $1', [id]),
    ).toHaveLength(50);
  });

  test('rotates its secret: two are live for the overlap, never three, and without overlap one', async () => {
    const { owner } = await service.tenant();
    const { endpoint, secret } = await create(owner);
    const [firstId] = endpoint.secrets.map(({ id }) => id);

    const once = await send(owner, ROTATE, { id: endpoint.id, overlapHours: 24 });
    const twice = await send(owner, ROTATE, { id: endpoint.id });
    const thrice = await send(owner, ROTATE, { id: endpoint.id, overlapHours: 0 });

    const secrets = [secret, once.secret, twice.secret, thrice.secret];
    expect(new Set(secrets).size).toBe(4);
    expect(once.endpoint?.secrets).toMatchObject([
      { expiresAt: null },
      { id: firstId, expiresAt: expect.any(String) },
    ]);
    expect(twice.endpoint?.secrets.map(({ id }) => id)).toEqual([
      expect.any(String),
      once.endpoint?.secrets[0]?.id,
    ]);
    expect(thrice.endpoint?.secrets).toMatchObject([{ expiresAt: null }]);
    expect((await send(owner, ROTATE, { id: endpoint.id, overlapHours: 169 })).errors).toMatchObject([
      { code: 'INVALID', path: ['overlapHours'] },
    ]);
  });

  test('that is deleted is gone, with what it signed with', async () => {
    const { owner } = await service.tenant();
    const { endpoint } = await create(owner);
    const { delivery } = await send(owner, TEST, { endpointId: endpoint.id, type: 'agent.created' });

    await send(owner, DELETE, { id: endpoint.id });

    expect(await find(owner, endpoint.id)).toBeNull();
    const left = await owner(
      `query($endpointId: ID!, $id: ID!) { webhookDeliveries(endpointId: $endpointId) { edges { cursor } } webhookDelivery(id: $id) { id } }`,
      { endpointId: endpoint.id, id: delivery?.id },
    );
    expect(dataOf(left)).toEqual({ webhookDeliveries: null, webhookDelivery: null });
    expect(
      await service.rows('SELECT 1 FROM integrations.webhook_secret WHERE endpoint_id = $1', [endpoint.id]),
    ).toEqual([]);
    expect(
      codesOf(await owner(CREATE, { input: { id: endpoint.id, url: endpoint.url, events: ['*'] } })),
    ).toEqual(['CONFLICT']);
  });
});

test('an example is queued, and refused for a type that there is not and for a disabled endpoint', async () => {
  const { owner } = await service.tenant();
  const { endpoint } = await create(owner);

  const sent = await send(owner, TEST, { endpointId: endpoint.id, type: 'external.item.changed' });
  const odd = await send(owner, TEST, { endpointId: endpoint.id, type: 'design_request.accepted' });
  await send(owner, DISABLE, { id: endpoint.id });
  const refused = await owner(TEST, { input: { endpointId: endpoint.id, type: 'agent.created' } });

  expect(sent.delivery).toMatchObject({
    state: 'PENDING',
    payload: { type: 'external.item.changed', data: { item: { key: expect.any(String) } } },
  });
  expect(odd.errors).toMatchObject([{ code: 'INVALID', path: ['type'] }]);
  expect(codesOf(refused)).toEqual(['CONFLICT']);
});

test('the catalogue and the schedule are published', async () => {
  const { owner } = await service.tenant();

  const answer = await owner(
    `{ webhookEventTypes { type description example } webhookRetrySchedule { attempts { number afterSeconds elapsedSeconds } jitterPercent } }`,
  );

  const { webhookEventTypes, webhookRetrySchedule } = dataOf<{
    webhookEventTypes: { type: string; description: string; example: unknown }[];
    webhookRetrySchedule: unknown;
  }>(answer);
  expect(webhookEventTypes.find(({ type }) => type === 'agent.published')).toMatchObject({
    description: 'An environment runs another version of an agent.',
    example: { agent: { id: expect.any(String) }, version: 1 },
  });
  expect(webhookRetrySchedule).toMatchObject({ jitterPercent: 20 });
  expect(webhookRetrySchedule).toHaveProperty('attempts.1', {
    number: 2,
    afterSeconds: 5,
    elapsedSeconds: 5,
  });
  expect(webhookRetrySchedule).toHaveProperty('attempts.9.elapsedSeconds', 272_105);
});

describe('every change', () => {
  test('writes one event with its audit row, and what changes nothing writes none', async () => {
    const tenant = await service.tenant();
    const { owner } = tenant;
    const { endpoint } = await create(owner);
    const { id } = endpoint;

    await create(owner, { id });
    await send(owner, UPDATE, { id, events: ['agent.created'], description: 'x' });
    await send(owner, UPDATE, { id, description: 'x' });
    await send(owner, ROTATE, { id, overlapHours: 2 });
    const { delivery } = await send(owner, TEST, { endpointId: id, type: 'agent.created' });
    await send(owner, REDELIVER, { id: String(delivery?.id) });
    const { replay } = await send(owner, REPLAY, { endpointId: id, since: '2026-01-01T00:00:00Z' });
    await send(owner, DISABLE, { id });
    await send(owner, DISABLE, { id });
    await send(owner, ENABLE, { id });
    await send(owner, ENABLE, { id });
    await send(owner, DELETE, { id });

    const events = await eventsOf(tenant);
    expect(events.map(({ type, subject, data }) => ({ type, subject, data }))).toMatchObject([
      { type: 'webhook_endpoint.created', subject: id },
      { type: 'webhook_endpoint.updated', subject: id, data: { changedFields: ['events', 'description'] } },
      { type: 'webhook_endpoint.secret_rotated', subject: id, data: { overlapHours: 2 } },
      { type: 'webhook_endpoint.tested', subject: id, data: { type: 'agent.created' } },
      { type: 'webhook_delivery.redelivered', subject: delivery?.id },
      { type: 'webhook_endpoint.replayed', subject: id, data: { replayId: replay?.id } },
      { type: 'webhook_endpoint.disabled', subject: id, data: { reason: 'MANUAL' } },
      { type: 'webhook_endpoint.enabled', subject: id },
      { type: 'webhook_endpoint.deleted', subject: id },
    ]);
    expect(events.map((event) => ({ id: event.id, action: event.type }))).toEqual(
      await listAudit(service.rows, 'integrations', tenant.id),
    );
  });

  // Whoever receives events could sign as the platform, or write to the receiver.
  test('tells no secret and no path of an address', async () => {
    const tenant = await service.tenant();
    const { endpoint, secret } = await create(tenant.owner);
    const rotated = await send(tenant.owner, ROTATE, { id: endpoint.id });
    await send(tenant.owner, DELETE, { id: endpoint.id });

    const rows = await service.rows<{ text: string }>(
      `SELECT body AS text FROM integrations.outbox_event WHERE tenant_id = $1
       UNION ALL SELECT changes::text FROM integrations.audit_event WHERE tenant_id = $1`,
      [tenant.id],
    );

    const all = rows.map(({ text }) => text).join('\n');
    expect(all).toContain('https://hooks.example.com');
    for (const text of [secret, rotated.secret, 'whsec', 'secret-path', 'key=1'])
      expect(all).not.toContain(String(text));
    expect(service.platform.log.join('\n')).not.toContain('whsec_');
  });

  test('needs the permission to manage webhooks', async () => {
    const { owner, viewer } = await service.tenant();
    const { endpoint } = await create(owner);
    const { id } = endpoint;

    const answers = [
      await viewer(UPDATE, { input: { id, description: 'x' } }),
      await viewer(CREATE, { input: { url: 'https://hooks.example.com/', events: ['*'] } }),
      await viewer(ROTATE, { input: { id } }),
      await viewer(TEST, { input: { endpointId: id, type: 'agent.created' } }),
      await viewer('{ webhookEndpoints { id } }'),
      await viewer(ONE, { id }),
      await viewer('query($id: ID!) { webhookDeliveries(endpointId: $id) { edges { cursor } } }', { id }),
    ];

    expect(answers.map((answer) => codesOf(answer))).toEqual(answers.map(() => ['FORBIDDEN']));
  });
});
