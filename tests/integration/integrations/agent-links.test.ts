import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '@flowgrid/platform';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { CREATE, DELETE, ENTITIES, LINK, UNLINK, type Payload } from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService } from './service.ts';

let service: IntegrationsService;

beforeAll(async () => {
  service = await startIntegrations();
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

async function create(ask: Ask, name: string): Promise<string> {
  const input = { kind: 'GITHUB', name, credential: { token: 'ghp_0123456789' } };
  const { integration } = dataOf<{ result: Payload }>(await ask(CREATE, { input })).result;
  return integration?.id ?? '';
}

const agents = (...ids: readonly string[]): object => ({
  representations: ids.map((id) => ({ __typename: 'Agent', id })),
});

describe('Agent.integrations', () => {
  it('holds what the agent was given, by name, for many agents at once', async () => {
    const { owner, viewer } = await service.tenant();
    const [first, second, third] = [newId(), newId(), newId()];
    const [b, a] = [await create(owner, 'B'), await create(owner, 'A')];
    for (const [agentId, integrationId] of [
      [first, b],
      [first, a],
      [second, b],
    ]) {
      await owner(LINK, { input: { agentId, integrationId } });
    }

    const answer = await viewer(ENTITIES, { ...agents(first, second, third, first, 'no-uuid') });

    const ofFirst = { __typename: 'Agent', id: first, integrations: [{ name: 'A' }, { name: 'B' }] };
    expect(dataOf(answer)).toEqual({
      _entities: [
        ofFirst,
        { __typename: 'Agent', id: second, integrations: [{ name: 'B' }] },
        { __typename: 'Agent', id: third, integrations: [] },
        ofFirst,
        null,
      ],
    });
  });

  it('is empty for another tenant', async () => {
    const [one, other] = [await service.tenant(), await service.tenant()];
    const agentId = newId();
    await one.owner(LINK, { input: { agentId, integrationId: await create(one.owner, 'A') } });

    const answer = await other.owner(ENTITIES, { ...agents(agentId) });

    expect(dataOf(answer)).toEqual({ _entities: [{ __typename: 'Agent', id: agentId, integrations: [] }] });
  });

  it('loses an integration that is deleted', async () => {
    const { owner } = await service.tenant();
    const agentId = newId();
    const integrationId = await create(owner, 'A');
    await owner(LINK, { input: { agentId, integrationId } });

    await owner(DELETE, { input: { id: integrationId } });

    expect(dataOf(await owner(ENTITIES, { ...agents(agentId) }))).toMatchObject({
      _entities: [{ integrations: [] }],
    });
  });
});

describe('linking and unlinking', () => {
  it('may be repeated, and is audited once each', async () => {
    const { owner, id: tenantId } = await service.tenant();
    const input = { agentId: newId(), integrationId: await create(owner, 'A') };

    const answers: unknown[] = [];
    for (const operation of [LINK, LINK, UNLINK, UNLINK])
      answers.push(dataOf(await owner(operation, { input })));

    const integration = { id: input.integrationId };
    const linked = { agent: { id: input.agentId, integrations: [integration] }, integration, errors: [] };
    const unlinked = { agent: { id: input.agentId, integrations: [] }, integration, errors: [] };
    expect(answers).toEqual([linked, linked, unlinked, unlinked].map((result) => ({ result })));
    const audit = await service.rows(
      `SELECT action, changes FROM integrations.audit_event
       WHERE tenant_id = $1 AND action LIKE 'integration.%linked' ORDER BY id`,
      [tenantId],
    );
    expect(audit).toEqual([
      { action: 'integration.linked', changes: { agentId: input.agentId } },
      { action: 'integration.unlinked', changes: { agentId: input.agentId } },
    ]);
  });

  it('wants a well-formed agent and an integration of the tenant', async () => {
    const { owner } = await service.tenant();
    const integrationId = await create(owner, 'A');

    const malformed = await owner(LINK, { input: { agentId: 'no-uuid', integrationId } });
    const unknown = await owner(LINK, { input: { agentId: newId(), integrationId: 'no-uuid' } });

    expect(dataOf(malformed)).toMatchObject({
      result: { agent: null, errors: [{ code: 'INVALID', path: ['agentId'] }] },
    });
    expect(codesOf(unknown)).toEqual(['NOT_FOUND']);
  });
});
