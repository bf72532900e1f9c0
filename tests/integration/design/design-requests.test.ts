/** From a ticket to a design across the real services: as the user who made the rule, and only while they may. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { Client } from 'pg';
import { githubMessage, issuePayload } from '../../../subgraphs/integrations/src/testkit/hook-messages.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { startWholePlatform, type TestPlatform } from '../../testkit/platform.ts';
import { createTenant, type TestTenant } from '../../testkit/tenant.ts';
import { until } from '../../testkit/wait.ts';
import { DESCRIPTION } from './design-service.ts';

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let platform: TestPlatform;
let superuser: Client;

beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  platform = stack.use(await startWholePlatform({ database }));
  superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
});
afterAll(() => stack.disposeAsync());

interface Run {
  readonly state: string;
  readonly note: string | null;
  readonly itemKey: string;
  readonly session: {
    readonly id: string;
    readonly title: string;
    readonly state: string;
    readonly createdBy: { readonly id: string } | null;
  } | null;
}

interface Scene {
  readonly tenant: TestTenant;
  readonly ruleId: string;
  send(issue: { readonly number: number; readonly title: string; readonly body: string }): Promise<void>;
  runs(): Promise<readonly Run[]>;
}

/** A tenant whose ADMIN made a rule that starts designs from new issues. */
async function setUp(): Promise<Scene> {
  const tenant = await createTenant(platform.url('router'), database);
  const asAdmin = async <Data>(query: string, variables: object): Promise<Data> =>
    dataOf<Data>(await tenant.ask('ADMIN', query, { ...variables }));
  const { result: connected } = await asAdmin<{ result: { integration: { id: string } } }>(
    'mutation ($input: CreateIntegrationInput!) { result: createIntegration(input: $input) { integration { id } } }',
    { input: { kind: 'GITHUB', name: 'Code', credential: { token: `ghp_${'a'.repeat(36)}` } } },
  );
  const integrationId = connected.integration.id;
  const { result: made } = await asAdmin<{ result: { hook: { url: string }; secret: string } }>(
    'mutation ($input: CreateInboundHookInput!) { result: createInboundHook(input: $input) { hook { url } secret } }',
    { input: { kind: 'GITHUB', name: 'Issues', integrationId } },
  );
  const { result } = await asAdmin<{ result: { rule: { id: string } } }>(
    'mutation ($input: CreateIntegrationRuleInput!) { result: createIntegrationRule(input: $input) { rule { id } errors { message } } }',
    {
      input: {
        name: 'Issues become agents',
        trigger: 'ITEM_CHANGED',
        action: 'START_DESIGN',
        integrationId,
        filter: { changes: ['CREATED', 'UPDATED'] },
        title: '{{item.key}}: {{item.title}}',
        body: '{{item.body}}',
        engine: 'LOCAL',
      },
    },
  );
  const address = `${platform.url('router')}${new URL(made.hook.url).pathname}`;
  return {
    tenant,
    ruleId: result.rule.id,
    send: async (issue) => {
      const payload = issuePayload('opened', { ...issue, updatedAt: new Date().toISOString() });
      const message = githubMessage(made.secret, { event: 'issues', delivery: newId(), payload });
      const response = await fetch(address, { method: 'POST', ...message });
      expect(response.status).toBe(202);
    },
    runs: async () => {
      const { integrationRules } = await asAdmin<{
        integrationRules: { runs: { edges: { node: Run }[] } }[];
      }>(
        `query { integrationRules { runs(first: 5) { edges { node {
          state note itemKey session { id title state createdBy { id } } } } } } }`,
        {},
      );
      return (integrationRules[0]?.runs.edges ?? []).map(({ node }) => node);
    },
  };
}

test('a new issue becomes a design of the user who made the rule, once, and runs to its end', async () => {
  const { tenant, send, runs } = await setUp();

  await send({ number: 1, title: 'Claims', body: DESCRIPTION });
  const reaches = (...states: readonly string[]): Promise<Run> =>
    until(`a design is ${states.join(' or ')}`, async () => {
      const [found] = await runs();
      return states.includes(found?.session?.state ?? '') ? found : null;
    });
  await reaches('QUEUED', 'RUNNING', 'SUCCEEDED');
  await reaches('RUNNING', 'SUCCEEDED');
  const run = await reaches('SUCCEEDED');
  // The issue changes: the design of it is there already.
  await send({ number: 1, title: 'Claims again', body: DESCRIPTION });
  await send({ number: 2, title: 'Another', body: DESCRIPTION });
  const after = await until('the other issue has its design', async () => {
    const found = await runs();
    return found.length === 2 && found.every(({ session }) => session !== null) ? found : null;
  });

  expect(run).toMatchObject({
    state: 'DONE',
    itemKey: 'acme/claims#1',
    session: { title: 'acme/claims#1: Claims', createdBy: { id: tenant.users.ADMIN.id } },
  });
  expect(after.map(({ itemKey }) => itemKey)).toEqual(['acme/claims#2', 'acme/claims#1']);
});

test('nobody has designs started on behalf of a user who is gone, and the refusal is recorded', async () => {
  const { tenant, send } = await setUp();
  await superuser.query(`UPDATE auth.app_user SET status = 'DEACTIVATED' WHERE tenant_id = $1 AND id = $2`, [
    tenant.id,
    tenant.users.ADMIN.id,
  ]);

  await send({ number: 3, title: 'Late', body: DESCRIPTION });
  const refused = await until('the run has failed', async () => {
    const { rows } = await superuser.query<{ state: string; note: string; session_id: string }>(
      'SELECT state, note, session_id FROM integrations.rule_run WHERE tenant_id = $1',
      [tenant.id],
    );
    return rows[0]?.state === 'FAILED' ? rows[0] : null;
  });
  const { rows: sessions } = await superuser.query(
    'SELECT 1 FROM design.design_session WHERE tenant_id = $1',
    [tenant.id],
  );
  const { rows: audit } = await superuser.query<{ resource_id: string }>(
    `SELECT resource_id FROM design.audit_event WHERE tenant_id = $1 AND action = 'design_session.refused'`,
    [tenant.id],
  );

  expect(refused.note).toContain('may not start designs any more');
  expect(sessions).toEqual([]);
  expect(audit).toEqual([{ resource_id: refused.session_id }]);
});

// Whoever could name a rule and a user would else be that user.
test('auth gives no token for a rule that its user never allowed, nor to whoever lacks the secret', async () => {
  const { tenant, ruleId } = await setUp();
  const ask = async (body: object, secret: string | null): Promise<number> => {
    const response = await fetch(`${platform.url('auth')}/internal/rule-token`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(secret !== null && { authorization: `Bearer ${secret}` }),
      },
      body: JSON.stringify(body),
    });
    return response.status;
  };
  const rule = { tenantId: tenant.id, ruleId, userId: tenant.users.ADMIN.id };
  const { grantSecret } = inject('postgres').secrets.services;
  const guess = Buffer.alloc(32, 1).toString('base64');

  expect(await ask(rule, null)).toBe(401);
  expect(await ask(rule, guess)).toBe(401);
  expect(await ask({ ...rule, userId: tenant.users.OWNER.id }, grantSecret)).toBe(403);
  expect(await ask({ ...rule, ruleId: newId() }, grantSecret)).toBe(403);
  expect(await ask(rule, grantSecret)).toBe(200);
});

test('who may not start designs makes no rule that does', async () => {
  const { tenant } = await setUp();
  const input = { name: 'No', trigger: 'ITEM_CHANGED', action: 'START_DESIGN', integrationId: newId() };

  const answer = await tenant.ask(
    'EDITOR',
    'mutation ($input: CreateIntegrationRuleInput!) { createIntegrationRule(input: $input) { rule { id } } }',
    { input },
  );

  expect(codesOf(answer)).toEqual(['FORBIDDEN']);
});
