import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  GITHUB_TOKEN,
  JIRA_CREDENTIAL,
  SERVICENOW_CLIENT,
} from '../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { codesOf, dataOf, postGraphQL } from '../../testkit/graphql.ts';
import {
  CREATE,
  DELETE,
  ENTITIES,
  FOREIGN_INPUTS,
  LIST,
  ONE,
  ROTATE,
  UPDATE,
  type IntegrationData,
  type Payload,
} from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService } from './service.ts';

const SECRET = 'ghp_never-to-be-seen-again-9876';

let service: IntegrationsService;

beforeAll(async () => {
  service = await startIntegrations();
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

async function send(ask: Ask, operation: string, input: object): Promise<Payload> {
  return dataOf<{ result: Payload }>(await ask(operation, { input })).result;
}

async function create(ask: Ask, input: object = {}): Promise<IntegrationData> {
  const given = { kind: 'GITHUB', name: 'Code', credential: { token: GITHUB_TOKEN }, ...input };
  const { integration, errors } = await send(ask, CREATE, given);
  if (!integration) throw new Error(JSON.stringify(errors));
  return integration;
}

describe('createIntegration', () => {
  it('keeps a connection and shows the end of its secret', async () => {
    const { owner } = await service.tenant();

    const created = await create(owner, { name: '  Source code  ' });

    expect(created).toEqual({
      id: created.id,
      kind: 'GITHUB',
      name: 'Source code',
      baseUrl: 'https://api.github.com/',
      status: 'UNTESTED',
      credentialHint: GITHUB_TOKEN.slice(-4),
      lastError: null,
      lastTestedAt: null,
      createdAt: created.createdAt,
      updatedAt: created.createdAt,
    });
    expect(dataOf(await owner(ONE, { id: created.id }))).toEqual({ integration: created });
  });

  it('makes one integration of one id, however often it is sent', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const id = newId();

    const first = await create(owner, { id });
    const second = await create(owner, { id });

    expect(second).toEqual(first);
    const audit = await service.rows('SELECT 1 FROM integrations.audit_event WHERE tenant_id = $1', [
      tenantId,
    ]);
    expect(audit).toHaveLength(1);
  });

  it('answers many simultaneous callers of one id with the same integration', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const id = newId();

    const answers = await Promise.all(Array.from({ length: 8 }, () => create(owner, { id })));

    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveProperty('size', 1);
    const rows = await service.rows('SELECT 1 FROM integrations.integration WHERE tenant_id = $1', [
      tenantId,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('gives one of many simultaneous callers the name that all want', async () => {
    const { owner } = await service.tenant();
    const input = { kind: 'GITHUB', name: 'Code', credential: { token: 'ghp_x' } };

    const payloads = await Promise.all(Array.from({ length: 8 }, () => send(owner, CREATE, input)));

    const codes = payloads.map(({ errors }) => errors[0]?.code ?? 'made').toSorted();
    expect(codes).toEqual([...Array.from({ length: 7 }, () => 'TAKEN'), 'made']);
  });

  it('refuses an id that has another integration behind it', async () => {
    const { owner } = await service.tenant();
    const { id } = await create(owner);

    const answer = await owner(CREATE, {
      input: { id, kind: 'GITHUB', name: 'Other', credential: { token: 'ghp_x' } },
    });

    expect(codesOf(answer)).toEqual(['CONFLICT']);
  });

  it('does not tell that another tenant has an id', async () => {
    const [one, other] = [await service.tenant(), await service.tenant()];
    const { id } = await create(one.owner, { name: 'Mine' });

    const created = await create(other.owner, { id, name: 'Theirs' });

    expect(created.name).toBe('Theirs');
    expect(dataOf(await one.owner(ONE, { id }))).toMatchObject({ integration: { name: 'Mine' } });
  });

  it('wants names that are unique within a kind and a tenant', async () => {
    const [one, other] = [await service.tenant(), await service.tenant()];
    await create(one.owner);

    const taken = await send(one.owner, CREATE, {
      kind: 'GITHUB',
      name: 'Code',
      credential: { token: 'ghp_x' },
    });

    expect(taken).toMatchObject({ integration: null, errors: [{ code: 'TAKEN', path: ['name'] }] });
    await create(other.owner);
    await create(one.owner, { kind: 'JIRA', baseUrl: service.vendor.url, credential: JIRA_CREDENTIAL });
  });

  it.each([
    [{ name: ' ' }, 'REQUIRED', ['name']],
    [{ name: 'a\u0000b' }, 'INVALID', ['name']],
    [{ name: '' }, 'REQUIRED', ['name']],
    [{ name: 'x'.repeat(101) }, 'TOO_LONG', ['name']],
    [{ id: 'no-uuid' }, 'INVALID', ['id']],
    [{ credential: { token: '' } }, 'REQUIRED', ['credential', 'token']],
    [{ credential: { token: SECRET, more: 1 } }, 'INVALID', ['credential']],
    [{ kind: 'JIRA', credential: JIRA_CREDENTIAL }, 'REQUIRED', ['baseUrl']],
    [{ kind: 'JIRA', credential: { token: SECRET } }, 'REQUIRED', ['credential', 'email']],
    [{ baseUrl: 'http://github.example.test' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: 'https://user:password@github.example.test' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: 'https://github.example.test:8443' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: 'https://github.example.test/?a=1' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: 'https://github.com' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: 'https://127.1' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: 'https://2130706433' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: 'https://[::ffff:169.254.169.254]' }, 'INVALID', ['baseUrl']],
    [{ baseUrl: `https://github.example.test/${'x'.repeat(500)}` }, 'TOO_LONG', ['baseUrl']],
  ])('with %j: %s', async (input, code, path) => {
    const { owner } = await service.tenant();

    const payload = await send(owner, CREATE, {
      kind: 'GITHUB',
      name: 'Code',
      credential: { token: SECRET },
      ...input,
    });

    expect(payload.integration).toBeNull();
    expect(payload.errors[0]).toMatchObject({ code, path });
    expect(JSON.stringify(payload)).not.toContain(SECRET);
  });

  it('stops at two hundred integrations', async () => {
    const { owner, id: tenantId } = await service.tenant();
    await service.rows(
      `INSERT INTO integrations.integration
         (tenant_id, id, kind, name, base_url, status, connection_revision, created_at, updated_at)
       SELECT $1::uuid, gen_random_uuid(), 'GITHUB', 'n' || n, 'https://api.github.com', 'UNTESTED', 1, now(), now()
       FROM generate_series(1, 200) n`,
      [tenantId],
    );

    const payload = await send(owner, CREATE, {
      kind: 'GITHUB',
      name: 'Code',
      credential: { token: 'ghp_x' },
    });

    expect(payload).toMatchObject({ integration: null, errors: [{ code: 'LIMIT_REACHED', path: [] }] });
  });
});

describe('integrations', () => {
  it('are listed by name, and by kind', async () => {
    const { owner, viewer } = await service.tenant();
    await create(owner, { name: 'B' });
    await create(owner, { name: 'A' });
    await create(owner, {
      kind: 'SERVICENOW',
      name: 'C',
      baseUrl: service.vendor.url,
      credential: SERVICENOW_CLIENT,
    });
    const names = async (variables: object): Promise<readonly string[]> =>
      dataOf<{ integrations: IntegrationData[] }>(await viewer(LIST, { ...variables })).integrations.map(
        ({ name }) => name,
      );

    expect(await names({})).toEqual(['A', 'B', 'C']);
    expect(await names({ kind: 'GITHUB' })).toEqual(['A', 'B']);
    expect(await names({ kind: 'JIRA' })).toEqual([]);
  });

  it.each(['no-uuid', '', newId()])('are null for the id %j', async (id) => {
    const { owner } = await service.tenant();

    expect(await owner(ONE, { id })).toMatchObject({ data: { integration: null }, errors: [] });
  });
});

describe('updateIntegration', () => {
  it('changes the name and leaves the connection as it is', async () => {
    const { owner } = await service.tenant();
    const created = await create(owner);

    const { integration } = await send(owner, UPDATE, { id: created.id, name: 'Renamed' });

    expect(integration).toEqual({ ...created, name: 'Renamed', updatedAt: integration?.updatedAt });
  });

  // Else an administrator's stored token could be sent to a server of the caller's, and read there.
  it('never sends a stored credential to another address', async () => {
    const { owner } = await service.tenant();
    const created = await create(owner);

    const refused = await send(owner, UPDATE, { id: created.id, baseUrl: service.vendor.url });
    const accepted = await send(owner, UPDATE, {
      id: created.id,
      baseUrl: service.vendor.url,
      credential: { token: 'ghp_for-this-server' },
    });

    expect(refused).toMatchObject({
      integration: null,
      errors: [{ code: 'REQUIRED', path: ['credential'] }],
    });
    expect(accepted.integration).toMatchObject({ baseUrl: `${service.vendor.url}/`, credentialHint: 'rver' });
  });

  it('takes the same address in another spelling without a credential', async () => {
    const { owner } = await service.tenant();
    const created = await create(owner);

    const { integration } = await send(owner, UPDATE, {
      id: created.id,
      baseUrl: 'https://API.github.com:443/',
    });

    expect(integration).toEqual(created);
  });

  it('refuses a name that is taken', async () => {
    const { owner } = await service.tenant();
    const { id } = await create(owner);
    await create(owner, { name: 'Other' });

    const payload = await send(owner, UPDATE, { id, name: 'Other' });

    expect(payload).toMatchObject({ integration: null, errors: [{ code: 'TAKEN', path: ['name'] }] });
  });
});

describe('a credential', () => {
  it('is replaced as a whole', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const created = await create(owner, {
      kind: 'SERVICENOW',
      baseUrl: service.vendor.url,
      credential: { username: 'bot', password: 'abcdefghijklmnop' },
    });

    const { integration } = await send(owner, ROTATE, { id: created.id, credential: SERVICENOW_CLIENT });

    expect(integration).toMatchObject({ credentialHint: '0001', status: 'UNTESTED' });
    const rows = await service.rows(
      'SELECT field FROM integrations.integration_credential WHERE tenant_id = $1 ORDER BY field',
      [tenantId],
    );
    expect(rows).toEqual([{ field: 'clientId' }, { field: 'clientSecret' }]);
  });

  it('is in no answer, no table, no audit row and no log', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const created = await create(owner, {
      baseUrl: `${service.vendor.url}/unauthorized`,
      credential: { token: SECRET },
    });
    const answers = [
      await owner(ROTATE, { input: { id: created.id, credential: { token: `${SECRET}\n` } } }),
      await owner(
        `mutation { testIntegration(input: { id: "${created.id}" }) { integration { lastError } report { message } } }`,
      ),
      await owner(LIST, {}),
      await owner(
        `mutation { createIntegration(input: { credential: { token: "${SECRET}" } }) { errors { code } } }`,
      ),
      await owner(`{ integration(id: "${created.id}") { credential } }`),
    ];

    const stored: object[] = [];
    for (const table of ['integration', 'integration_credential', 'audit_event']) {
      stored.push(
        await service.rows(`SELECT t::text FROM integrations.${table} t WHERE tenant_id = $1`, [tenantId]),
      );
    }

    for (const text of [JSON.stringify(answers), JSON.stringify(stored), service.platform.log.join('\n')]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 20));
    }
  });

  it('has no field in the schema to read it from', async () => {
    const { owner } = await service.tenant();

    const answer = await owner('{ __type(name: "Integration") { fields { name } } }');

    const { fields } = dataOf<{ __type: { fields: { name: string }[] } }>(answer).__type;
    expect(fields.map(({ name }) => name).filter((name) => /credential|secret|token/i.test(name))).toEqual([
      'credentialHint',
    ]);
  });
});

describe('deleteIntegration', () => {
  it('takes credential and links with it', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const created = await create(owner);

    const { integration } = await send(owner, DELETE, { id: created.id });

    expect(integration).toEqual(created);
    expect(dataOf(await owner(ONE, { id: created.id }))).toEqual({ integration: null });
    const rows = await service.rows(
      'SELECT 1 FROM integrations.integration_credential WHERE tenant_id = $1',
      [tenantId],
    );
    expect(rows).toEqual([]);
    expect(codesOf(await owner(DELETE, { input: { id: created.id } }))).toEqual(['NOT_FOUND']);
  });

  it('asks the other system once to end its webhooks', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const { github, url } = service.vendor;
    const { id } = await create(owner, { baseUrl: `${url}/base` });
    const hookId = newId();
    await service.rows(
      `INSERT INTO integrations.inbound_hook
         (tenant_id, id, integration_id, kind, verification, name, is_enabled, address, created_at, updated_at)
       VALUES ($1, $2, $3, 'GITHUB', 'HMAC_SHA256', 'Code', true, $4, now(), now())`,
      [tenantId, hookId, id, hookId],
    );
    await service.rows(
      `INSERT INTO integrations.inbound_registration (tenant_id, id, hook_id, foreign_id, scope, created_at)
       VALUES ($1, $2, $3, '17', 'acme/claims', now())`,
      [tenantId, newId(), hookId],
    );

    await send(owner, DELETE, { id });

    expect(github.requests.filter((asked) => asked.startsWith('DELETE '))).toHaveLength(1);
  });
});

describe('every change', () => {
  it('is in the audit table, with who made it and without secrets', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const { id } = await create(owner);
    await send(owner, UPDATE, { id, name: 'Renamed' });
    await send(owner, UPDATE, { id, name: 'Renamed' });
    await send(owner, ROTATE, { id, credential: { token: SECRET } });
    await send(owner, DELETE, { id });

    const rows = await service.rows(
      'SELECT action, resource_id, actor_kind, changes FROM integrations.audit_event WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );

    const about = { resource_id: id, actor_kind: 'USER' };
    const place = { kind: 'GITHUB', baseUrl: 'https://api.github.com' };
    expect(rows).toEqual([
      { ...about, action: 'integration.created', changes: { ...place, name: 'Code' } },
      { ...about, action: 'integration.updated', changes: { name: 'Renamed', formerName: 'Code' } },
      { ...about, action: 'integration.credential_rotated', changes: {} },
      { ...about, action: 'integration.deleted', changes: { ...place, name: 'Renamed' } },
    ]);
  });
});

describe('another tenant', () => {
  it.each(FOREIGN_INPUTS)('is told by %s what an unknown id is told', async (_name, operation, inputOf) => {
    const [one, other] = [await service.tenant(), await service.tenant()];
    const { id } = await create(one.owner);

    const foreign = await other.owner(operation, { input: inputOf(id) });
    const unknown = await other.owner(operation, { input: inputOf(newId()) });

    expect(codesOf(foreign)).toEqual(['NOT_FOUND']);
    expect(foreign).toEqual(unknown);
    expect(dataOf(await one.owner(ONE, { id }))).toMatchObject({
      integration: { name: 'Code', status: 'UNTESTED' },
    });
  });

  it('sees nothing by query, list or entity', async () => {
    const [one, other] = [await service.tenant(), await service.tenant()];
    const { id } = await create(one.owner);
    const representations = [{ __typename: 'Integration', id }];

    expect(dataOf(await other.owner(ONE, { id }))).toEqual({ integration: null });
    expect(dataOf(await other.owner(LIST, {}))).toEqual({ integrations: [] });
    expect(dataOf(await other.owner(ENTITIES, { representations }))).toEqual({ _entities: [null] });
  });
});

describe('who may do what', () => {
  it.each([
    ['createIntegration', CREATE, () => ({ kind: 'GITHUB', name: 'x', credential: {} })] as const,
    ...FOREIGN_INPUTS,
  ])('a viewer may not %s', async (_name, operation, inputOf) => {
    const { viewer } = await service.tenant();

    expect(codesOf(await viewer(operation, { input: inputOf(newId()) }))).toEqual(['FORBIDDEN']);
  });

  it('without a context token nothing is answered', async () => {
    const answer = await postGraphQL(`${service.url}/graphql`, { query: '{ _service { sdl } }' });

    expect(answer).toMatchObject({ status: 401, data: null });
  });
});

describe('the entity Integration', () => {
  it('is found for each of its representations, repeated, unknown or malformed', async () => {
    const { owner } = await service.tenant();
    const { id } = await create(owner);
    const representations = [id, newId(), id, 'no-uuid'].map((each) => ({
      __typename: 'Integration',
      id: each,
    }));

    const found = { __typename: 'Integration', id, name: 'Code' };
    expect(dataOf(await owner(ENTITIES, { representations }))).toEqual({
      _entities: [found, null, found, null],
    });
  });
});
