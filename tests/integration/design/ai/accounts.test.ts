/** Budgets and accounts of AI requests, on a real database, with many at once. */
import { Client } from 'pg';
import { ROLE_PERMISSIONS, type BuiltInRole, type ServiceRequest } from '@flowgrid/access';
import { createLogger, newId, type Clock } from '@flowgrid/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AiRefusal, type AiJob } from '../../../../subgraphs/design/src/adapters/ai/ai-client.ts';
import { openDesignDatabase, type DesignDatabase } from '../../../../subgraphs/design/src/database.ts';
import { createAiAccounts } from '../../../../subgraphs/design/src/modules/ai-usage/ai-accounts.ts';
import { findUseOfSessions } from '../../../../subgraphs/design/src/modules/ai-usage/ai-call-store.ts';
import { createAiUsageServices } from '../../../../subgraphs/design/src/modules/ai-usage/ai-usage-services.ts';
import { createTestDatabase, type TestDatabase } from '../../../testkit/database.ts';

const BUDGET_USD = 50;
const TOKENS = { inputTokens: 1_000, cachedInputTokens: 200, cacheWriteTokens: 30, outputTokens: 400 };

let testDatabase: TestDatabase;
let database: DesignDatabase;
let superuser: Client;
let now: Date;
const clock: Clock = { now: () => now };

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const logger = createLogger({ name: 'test', level: 'silent' });
  database = openDesignDatabase(testDatabase.url('flowgrid_design'), logger);
  superuser = new Client({ connectionString: testDatabase.superuserUrl });
  await superuser.connect();
});
beforeEach(() => {
  now = new Date('2026-11-23T12:00:00Z');
});
afterAll(async () => {
  await superuser.end();
  await database[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});

const accounts = () => createAiAccounts({ database, clock, defaultBudgetUsd: BUDGET_USD });
const services = () =>
  createAiUsageServices({
    database,
    clock,
    defaultBudgetUsd: BUDGET_USD,
    providers: ['anthropic'],
    models: { anthropic: 'claude-sonnet-5-5', openai: 'gpt-6.1-sol' },
  });

const requestOf = (tenantId: string, role: BuiltInRole = 'OWNER'): ServiceRequest => ({
  requestId: 'test',
  viewer: {
    kind: 'tenant',
    tenantId,
    actor: { kind: 'USER', id: newId(), name: 'Ada', userId: newId() },
    permissions: new Set(ROLE_PERMISSIONS[role]),
    sessionId: null,
    contextToken: 'evidence',
  },
});

async function newSession(tenantId = newId()): Promise<AiJob> {
  const sessionId = newId();
  await superuser.query(
    `INSERT INTO design.design_session (tenant_id, id, title, description, target, review_process, is_redesign, state, phase,
       percent, last_sequence, created_at, updated_at)
     VALUES ($1, $2, 'Claims', 'The clerk checks.', 'CLAUDE_AGENT_SDK', false, false, 'RUNNING', 'DESIGN', 0, 1, now(), now())`,
    [tenantId, sessionId],
  );
  return { tenantId, sessionId, phase: 'DESIGN', provider: 'anthropic' };
}

const plan = (job: AiJob, mostUsd: number) => ({ job, model: 'claude-sonnet-5-5', mostUsd });

const usageOf = (tenantId: string, month: string | null = null) =>
  services().usage.ofTenant(requestOf(tenantId, 'VIEWER'), month);

describe('a budget', () => {
  test('is not overspent by forty jobs of four workers that ask at once', async () => {
    const job = await newSession();
    await using stack = new AsyncDisposableStack();
    const workers = Array.from({ length: 4 }, () =>
      createAiAccounts({
        database: stack.use(openDesignDatabase(testDatabase.url('flowgrid_design'))),
        clock,
        defaultBudgetUsd: BUDGET_USD,
      }),
    );

    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => workers.map((worker) => worker.reserve(plan(job, 3)))).flat(),
    );

    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
    expect(refused.every((error) => error instanceof AiRefusal && error.code === 'BUDGET_EXCEEDED')).toBe(
      true,
    );
    expect(await usageOf(job.tenantId)).toMatchObject({ reservedUsd: 48, costUsd: 0, remainingUsd: 2 });
  });

  test('gets back what a call did not need', async () => {
    const job = await newSession();
    const id = await accounts().reserve(plan(job, 49));
    await expect(accounts().reserve(plan(job, 2))).rejects.toThrow(AiRefusal);

    await accounts().settle(job.tenantId, id, { tokens: TOKENS, costUsd: 0.0123, outcome: 'ANSWERED' });

    await expect(accounts().reserve(plan(job, 2))).resolves.toEqual(expect.any(String));
    expect(await usageOf(job.tenantId)).toMatchObject({ costUsd: 0.0123, reservedUsd: 2 });
  });

  test('refuses with what is spent, when it renews, and who can raise it', async () => {
    const job = await newSession();
    const id = await accounts().reserve(plan(job, 49));
    await accounts().settle(job.tenantId, id, { tokens: TOKENS, costUsd: 48.5, outcome: 'ANSWERED' });
    await accounts().reserve(plan(job, 0.5));

    await expect(accounts().reserve(plan(job, 1.25))).rejects.toThrow(
      'The AI budget of your organisation for November 2026 is USD 50.00: USD 48.50 is spent and USD 0.50 reserved by ' +
        'requests under way, and this request may cost up to USD 1.25. It renews on 1 December 2026 (UTC). Someone with ' +
        'the permission tenant:manage can raise it in the design settings; the local engine costs nothing.',
    );
  });

  test('begins anew with each month in UTC, for what begins in it', async () => {
    const job = await newSession();
    now = new Date('2026-11-30T23:59:59.999Z');
    await accounts().reserve(plan(job, 50));
    now = new Date('2026-12-01T00:00:00Z');

    await accounts().reserve(plan(job, 49));

    expect(await usageOf(job.tenantId, '2026-11')).toMatchObject({ month: '2026-11', reservedUsd: 50 });
    expect(await usageOf(job.tenantId)).toMatchObject({
      month: '2026-12',
      reservedUsd: 49,
      renewsAt: new Date('2027-01-01T00:00:00Z'),
    });
  });

  test('counts the reservation of a killed worker as spent after an hour', async () => {
    const job = await newSession();
    await accounts().reserve(plan(job, 20));

    const before = await usageOf(job.tenantId);
    now = new Date('2026-11-23T13:00:00.001Z');
    const after = await usageOf(job.tenantId);

    expect(before).toMatchObject({ reservedUsd: 20, costUsd: 0, remainingUsd: 30 });
    expect(after).toMatchObject({ reservedUsd: 0, costUsd: 20, remainingUsd: 30 });
    await expect(accounts().reserve(plan(job, 31))).rejects.toThrow(AiRefusal);
  });

  test('of one tenant is not spent by another', async () => {
    const [one, other] = [await newSession(), await newSession()];
    await accounts().reserve(plan(one, 50));

    await expect(accounts().reserve(plan(other, 50))).resolves.toEqual(expect.any(String));
    expect(await usageOf(newId())).toMatchObject({ calls: 0, costUsd: 0, reservedUsd: 0 });
  });

  test('settled again is settled once, and never by another tenant', async () => {
    const job = await newSession();
    const id = await accounts().reserve(plan(job, 5));
    await accounts().settle(newId(), id, { tokens: null, costUsd: 0, outcome: 'FAILED' });
    await accounts().settle(job.tenantId, id, { tokens: TOKENS, costUsd: 1, outcome: 'ANSWERED' });

    await accounts().settle(job.tenantId, id, { tokens: null, costUsd: 0, outcome: 'FAILED' });

    expect(await usageOf(job.tenantId)).toMatchObject({ calls: 1, costUsd: 1, inputTokens: 1_030 });
  });
});

describe('usage', () => {
  test('is told by engine and model, and by session', async () => {
    const cheap = await newSession();
    const dear = await newSession(cheap.tenantId);
    const spend = async (job: AiJob, model: string, costUsd: number, outcome: string): Promise<void> => {
      const id = await accounts().reserve({ job, model, mostUsd: costUsd });
      await accounts().settle(job.tenantId, id, { tokens: TOKENS, costUsd, outcome });
    };
    await spend(cheap, 'claude-sonnet-5-5', 1, 'ANSWERED');
    await spend(cheap, 'claude-sonnet-5-5', 0.5, 'CUT');
    await spend({ ...dear, provider: 'openai' }, 'gpt-6.1-sol', 4, 'ANSWERED');

    const usage = await usageOf(cheap.tenantId);

    expect(usage).toMatchObject({ calls: 3, outputTokens: 1_200, cachedInputTokens: 600, costUsd: 5.5 });
    expect(usage.models).toMatchObject([
      { provider: 'openai', model: 'gpt-6.1-sol', calls: 1, failedCalls: 0, costUsd: 4 },
      { provider: 'anthropic', model: 'claude-sonnet-5-5', calls: 2, failedCalls: 1, costUsd: 1.5 },
    ]);
    expect(usage.sessions.map(({ sessionId, costUsd }) => [sessionId, costUsd])).toEqual([
      [dear.sessionId, 4],
      [cheap.sessionId, 1.5],
    ]);
  });

  test('of a session is what is known of it: requests under way are not in it', async () => {
    const job = await newSession();
    const id = await accounts().reserve(plan(job, 5));
    await accounts().reserve(plan(job, 7));
    await accounts().settle(job.tenantId, id, { tokens: TOKENS, costUsd: 0.25, outcome: 'ANSWERED' });

    const uses = await database.readInTenant(job.tenantId, (tx) =>
      findUseOfSessions(tx, job.tenantId, [job.sessionId, newId()]),
    );

    expect([...uses]).toEqual([
      [
        job.sessionId,
        { calls: 1, inputTokens: 1_030, cachedInputTokens: 200, outputTokens: 400, costUsd: 0.25 },
      ],
    ]);
  });

  test.each(['2026-13', '2026-1', 'now', '2026-11-01'])('%s is no month', async (month) => {
    await expect(usageOf(newId(), month)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('settings', () => {
  test('are the defaults until somebody changes them, and count at once', async () => {
    const job = await newSession();
    const { settings } = services();
    const request = requestOf(job.tenantId);

    const initial = await settings.get(request);
    const changed = await settings.update(request, {
      expectedRevision: 0,
      monthlyBudgetUsd: 2,
      redactPersonalData: true,
    });

    expect(initial).toEqual({
      engine: 'AUTO',
      monthlyBudgetUsd: null,
      effectiveMonthlyBudgetUsd: BUDGET_USD,
      redactPersonalData: false,
      revision: 0,
      engines: [
        { engine: 'CLAUDE', isAvailable: true, model: 'claude-sonnet-5-5' },
        { engine: 'OPENAI', isAvailable: false, model: 'gpt-6.1-sol' },
        { engine: 'LOCAL', isAvailable: true, model: null },
      ],
    });
    expect(changed).toMatchObject({ engine: 'AUTO', effectiveMonthlyBudgetUsd: 2, revision: 1 });
    expect(await accounts().isPersonalDataRedacted(job.tenantId)).toBe(true);
    await expect(accounts().reserve(plan(job, 2.01))).rejects.toThrow('is USD 2.00');
  });

  test('of a budget of nothing let nothing be asked, and null is the default again', async () => {
    const job = await newSession();
    const { settings } = services();
    const request = requestOf(job.tenantId);
    await settings.update(request, { expectedRevision: 0, monthlyBudgetUsd: 0 });

    await expect(accounts().reserve(plan(job, 0.000_001))).rejects.toThrow(AiRefusal);
    await settings.update(request, { expectedRevision: 1, monthlyBudgetUsd: null });
    await expect(accounts().reserve(plan(job, 1))).resolves.toEqual(expect.any(String));
  });

  test('that somebody else changed meanwhile are shown instead of overwritten', async () => {
    const { settings } = services();
    const request = requestOf(newId());
    await settings.update(request, { expectedRevision: 0, engine: 'LOCAL' });

    await expect(settings.update(request, { expectedRevision: 0, engine: 'CLAUDE' })).rejects.toMatchObject({
      errors: [{ code: 'STALE_REVISION', path: ['expectedRevision'] }],
      current: { engine: 'LOCAL', revision: 1 },
    });
  });

  test.each([
    [{ engine: 'OPENAI' as const }, 'engine'],
    [{ monthlyBudgetUsd: -1 }, 'monthlyBudgetUsd'],
    [{ monthlyBudgetUsd: 1.005 }, 'monthlyBudgetUsd'],
    [{ monthlyBudgetUsd: 2_000_000 }, 'monthlyBudgetUsd'],
  ])('refuse %j', async (input, path) => {
    const update = services().settings.update(requestOf(newId()), { expectedRevision: 0, ...input });

    await expect(update).rejects.toMatchObject({ errors: [{ code: 'INVALID', path: [path] }] });
  });

  test('are read by everybody and changed by owners', async () => {
    const tenantId = newId();

    await expect(services().settings.get(requestOf(tenantId, 'VIEWER'))).resolves.toMatchObject({
      revision: 0,
    });
    await expect(
      services().settings.update(requestOf(tenantId, 'ADMIN'), { expectedRevision: 0 }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
