import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphql } from 'graphql';
import { Client } from 'pg';
import { createDatabase } from '@flowgrid/db';
import { newId, systemClock } from '@flowgrid/platform';
import { ROLE_PERMISSIONS, type TenantViewer } from '@flowgrid/access';
import { PrismaClient, type Prisma } from '../../../subgraphs/agents/src/generated/prisma/client.ts';
import { createContext } from '../../../subgraphs/agents/src/context.ts';
import { defaultDefinition } from '../../../subgraphs/agents/src/modules/definition/snapshot.ts';
import { createSchema } from '../../../subgraphs/agents/src/schema.ts';
import { createServices, type Services } from '../../../subgraphs/agents/src/services.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';

let database: TestDatabase;
let services: Services;
const statements: string[] = [];
const stack = new AsyncDisposableStack();
const viewer: TenantViewer = {
  kind: 'tenant',
  tenantId: newId(),
  actor: { kind: 'SYSTEM', id: 'test', name: 'Test', userId: null },
  permissions: new Set(ROLE_PERMISSIONS.OWNER),
  sessionId: null,
  contextToken: '',
};
const request = { viewer, requestId: 'r1' };

beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  const opened = stack.use(
    createDatabase<PrismaClient, Prisma.TransactionClient>({
      url: database.url('flowgrid_agents'),
      schema: 'agents',
      createClient: (adapter) => {
        const client = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] });
        client.$on('query', ({ query }) => statements.push(query));
        return client;
      },
    }),
  );
  const model = { provider: 'anthropic', name: 'any' };
  services = createServices({
    database: opened,
    clock: systemClock,
    defaultDefinition: defaultDefinition(model),
  });
  for (let index = 0; index < 30; index += 1) {
    const { id } = await services.agents.create(request, { name: `Agent ${index}` });
    await services.agents.update(request, { id, expectedRevision: 1, definition: { instructions: 'More' } });
    await services.environments.publish(request, { id, version: 1 });
  }
});
afterAll(() => stack.disposeAsync());

async function statementsOf(source: string): Promise<readonly string[]> {
  statements.length = 0;
  const contextValue = createContext(services, {
    viewer,
    requestId: 'r2',
    clientAddress: null,
    signal: new AbortController().signal,
  });
  const { errors } = await graphql({ schema: createSchema(), source, contextValue });
  if (errors) throw new Error(JSON.stringify(errors));
  return statements.filter((statement) => !/^(BEGIN|COMMIT)/.test(statement));
}

describe('statements of a page', () => {
  test.each([1, 5, 30])('are at most seven for %i agents', async (first) => {
    const source = `{ agents(first: ${first}) { totalCount edges { node {
      name owner { id } draft { number definition { instructions } } publishedVersion { number definition { instructions } }
      environments { name version { digest } } versions(first: 5) { edges { node { number } } } version(number: 1) { number }
    } } } }`;

    const read = await statementsOf(source);

    // Agents, their count, environments; versions and definitions once for drafts and once for what environments run.
    expect(read.length).toBeLessThanOrEqual(7);
  });

  test('do not read definitions that nobody asked for', async () => {
    const read = await statementsOf('{ agents(first: 30) { edges { node { draft { number note } } } } }');

    expect(read).toHaveLength(2);
    for (const statement of read) expect(statement).not.toContain('definition');
  });

  test('enter the index of their order and never those of another tenant', async () => {
    const owner = await connect('flowgrid_agents');
    await owner.query('BEGIN');
    await owner.query(
      "SELECT set_config('app.tenant_id', $1, true), set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)",
      [viewer.tenantId],
    );
    const { rows } = await owner.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT * FROM agents.agent WHERE tenant_id = '${viewer.tenantId}' AND sort_name >= 'agent 3'
         AND (sort_name > 'agent 3' OR (sort_name = 'agent 3' AND id > '${newId()}')) ORDER BY sort_name, id LIMIT 21`,
    );
    await owner.end();

    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('agent_tenant_id_sort_name_id_idx');
    expect(plan).toMatch(/Index Cond: .*tenant_id.*sort_name/);
  });
});

describe('what is written once', () => {
  test.each(['agent_version', 'audit_event'])(
    '%s is not changed or removed by the service',
    async (table) => {
      // Attack: rewrite history with the rights of the service.
      const client = await connect('flowgrid_agents');
      await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [viewer.tenantId]);

      const column = table === 'agent_version' ? 'note' : 'action';
      await expect(client.query(`UPDATE agents.${table} SET ${column} = 'x'`)).rejects.toThrow(
        'permission denied',
      );
      await expect(client.query(`DELETE FROM agents.${table}`)).rejects.toThrow('permission denied');
      await expect(client.query(`TRUNCATE agents.${table} CASCADE`)).rejects.toThrow('permission denied');
      await client.end();
    },
  );

  test.each([
    "UPDATE agents.agent_version SET note = 'x'",
    "UPDATE agents.audit_event SET action = 'x'",
    'DELETE FROM agents.audit_event',
  ])('the owner cannot %s either', async (statement) => {
    const client = await connect('flowgrid_owner');

    await expect(client.query(statement)).rejects.toThrow('are immutable');
    await client.end();
  });

  test('the audit says who changed what, in which request', async () => {
    const client = await connect('flowgrid_owner');
    const { rows } = await client.query(
      `SELECT actor_kind, actor_id, actor_name, actor_user_id, action, resource_type, changes, request_id
       FROM agents.audit_event WHERE tenant_id = $1 ORDER BY at, id LIMIT 3`,
      [viewer.tenantId],
    );
    await client.end();

    const by = { actor_kind: 'SYSTEM', actor_id: 'test', actor_name: 'Test', actor_user_id: null };
    const about = { ...by, resource_type: 'agent', request_id: 'r1' };
    expect(rows).toEqual([
      { ...about, action: 'agent.created', changes: { name: 'Agent 0', slug: 'agent-0', version: 1 } },
      { ...about, action: 'agent.updated', changes: { revision: 2, version: 2 } },
      {
        ...about,
        action: 'agent.published',
        changes: { revision: 3, fields: 'status', environment: 'prod', version: 1 },
      },
    ]);
  });
});

async function connect(role: 'flowgrid_agents' | 'flowgrid_owner'): Promise<Client> {
  const client = new Client({ connectionString: database.url(role) });
  await client.connect();
  return client;
}
