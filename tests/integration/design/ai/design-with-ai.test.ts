/** Whole designs with AI models: the processes as they run, and providers that answer, fail and cost. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ONBOARDING } from '../../../../subgraphs/design/src/engine/testkit/examples.ts';
import { ONBOARDING_DESIGN } from '../../../../subgraphs/design/src/engine/testkit/design-answers.ts';
import {
  answers,
  answersSlowly,
  cuts,
  isOverloaded,
  isRateLimited,
  type AiBehaviour,
  type FakeAiRequest,
} from '../../../testkit/ai/behaviour.ts';
import type { FakeAiServer } from '../../../testkit/ai/fake-ai-server.ts';
import { startFakeMessagesApi } from '../../../testkit/ai/fake-messages-api.ts';
import { startFakeResponsesApi } from '../../../testkit/ai/fake-responses-api.ts';
import { dataOf, postGraphQL } from '../../../testkit/graphql.ts';
import { until } from '../../../testkit/wait.ts';
import {
  createDesignTenant,
  startDesignService,
  type DesignService,
  type TestTenant,
} from '../design-service.ts';

const TOKENS = { inputTokens: 2_000, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 1_000 };

let claude: FakeAiServer;
let openai: FakeAiServer;
let service: DesignService;

/** What a careful model answers to each of the two questions of a design. */
const READ = answers(ONBOARDING.answer, TOKENS);
const careful = ({ answer }: FakeAiRequest): AiBehaviour =>
  answer.name === 'process_model' ? READ : answers(ONBOARDING_DESIGN, TOKENS);

beforeAll(async () => {
  claude = await startFakeMessagesApi();
  openai = await startFakeResponsesApi();
  service = await startDesignService({
    ANTHROPIC_API_KEY: claude.apiKey,
    ANTHROPIC_BASE_URL: claude.url,
    OPENAI_API_KEY: openai.apiKey,
    OPENAI_BASE_URL: openai.url,
    AI_STALL_SECONDS: '5',
    CONCURRENCY: '10',
  });
  await service.platform.start('design-worker');
});
beforeEach(() => {
  claude.respondWith(careful);
  openai.respondWith(careful);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await claude[Symbol.asyncDispose]();
  await openai[Symbol.asyncDispose]();
});

interface Usage {
  readonly designSession: {
    readonly usage: {
      engine: string;
      model: string | null;
      fallback: string | null;
      calls: number;
      costUsd: number;
    };
    readonly failure: { code: string; message: string; retryable: boolean } | null;
  };
  readonly aiUsage: {
    readonly calls: number;
    readonly costUsd: number;
    readonly reservedUsd: number;
    readonly models: readonly { engine: string; model: string; calls: number; failedCalls: number }[];
    readonly sessions: readonly { session: { id: string } | null; calls: number }[];
  };
}

const usageOf = async (tenant: TestTenant, id: string): Promise<Usage> =>
  dataOf<Usage>(
    await tenant.ask(
      `query ($id: ID!) {
        designSession(id: $id) { usage { engine model fallback calls costUsd } failure { code message retryable } }
        aiUsage { calls costUsd reservedUsd models { engine model calls failedCalls } sessions { session { id } calls } }
      }`,
      { id },
    ),
  );

const input = (engine: string): Record<string, unknown> => ({ description: ONBOARDING.text, engine });

/** As the owner of the tenant, whose work the tests do as editors. */
async function changeSettings(tenant: TestTenant, settings: Record<string, unknown>): Promise<void> {
  const token = await service.issuer.signFor('OWNER', { tenantId: tenant.tenantId, audience: 'design' });
  const answer = await postGraphQL(
    service.url,
    {
      query: `mutation ($input: UpdateDesignSettingsInput!) {
        updateDesignSettings(input: $input) { settings { revision } errors { code } } }`,
      variables: { input: { expectedRevision: 0, ...settings } },
    },
    token,
  );
  expect(dataOf(answer)).toEqual({ updateDesignSettings: { settings: { revision: 1 }, errors: [] } });
}

describe.each(['CLAUDE', 'OPENAI'])('%s', (engine) => {
  const server = (): FakeAiServer => (engine === 'CLAUDE' ? claude : openai);

  test('designs, and says what it was asked and what it cost', async () => {
    const tenant = await createDesignTenant(service);

    const session = await tenant.design(input(engine));

    const { designSession, aiUsage } = await usageOf(tenant, session.id);
    expect(designSession.usage).toMatchObject({ engine, fallback: null, calls: 2 });
    expect(designSession.usage.costUsd).toBeGreaterThan(0);
    expect(aiUsage).toMatchObject({ calls: 2, reservedUsd: 0, costUsd: designSession.usage.costUsd });
    expect(aiUsage.models).toEqual([{ engine, model: designSession.usage.model, calls: 2, failedCalls: 0 }]);
    expect(aiUsage.sessions).toEqual([{ session: { id: session.id }, calls: 2 }]);
  });

  test('that is overloaded, asks to wait and is cut is asked again', async () => {
    const tenant = await createDesignTenant(service);
    server().script(isOverloaded(), cuts(), READ, isRateLimited(0));

    const session = await tenant.design(input(engine));

    const { designSession, aiUsage } = await usageOf(tenant, session.id);
    expect(designSession.usage).toMatchObject({ engine, fallback: null, calls: 5 });
    expect(aiUsage.models).toMatchObject([{ calls: 5, failedCalls: 3 }]);
  });
});

test('rules do the work of a provider that is down, and the session says so', async () => {
  const tenant = await createDesignTenant(service);
  claude.respondWith(() => isRateLimited(3_600));

  const session = await tenant.design(input('CLAUDE'));

  const { usage } = (await usageOf(tenant, session.id)).designSession;
  expect(usage).toMatchObject({ engine: 'LOCAL', model: null, fallback: expect.stringContaining('CLAUDE') });
});

test('a budget that is spent ends the design with what to do about it', async () => {
  const tenant = await createDesignTenant(service);
  await changeSettings(tenant, { monthlyBudgetUsd: 0.01 });
  const before = claude.requests.length;
  const id = await tenant.start(input('CLAUDE'));

  await tenant.reaches(id, 'FAILED');

  const { designSession, aiUsage } = await usageOf(tenant, id);
  expect(designSession.failure).toMatchObject({
    code: 'BUDGET_EXCEEDED',
    message: expect.stringMatching(/is USD 0\.01: .* renews on .* tenant:manage/u),
    retryable: true,
  });
  expect(aiUsage).toMatchObject({ calls: 0, costUsd: 0 });
  expect(claude.requests).toHaveLength(before);
});

test('many designs at once stay within the budget of their tenant, and do not touch that of another', async () => {
  const [poor, rich] = [await createDesignTenant(service), await createDesignTenant(service)];
  // Enough for one request at once, and for some of the twelve that six designs make.
  await changeSettings(poor, { monthlyBudgetUsd: 0.4 });
  const startMany = (tenant: TestTenant): Promise<string[]> =>
    Promise.all(Array.from({ length: 6 }, () => tenant.start(input('CLAUDE'))));

  const [poorIds, richIds] = await Promise.all([startMany(poor), startMany(rich)]);
  const ended = await Promise.all(
    [...poorIds.map((id) => [poor, id] as const), ...richIds.map((id) => [rich, id] as const)].map(
      ([tenant, id]) =>
        until(
          'the design is over',
          async () => {
            const { state } = await tenant.session(id);
            return (state === 'SUCCEEDED' || state === 'FAILED') && { tenant, id, state };
          },
          50_000,
        ),
    ),
  );

  const failed = ended.filter(({ state }) => state === 'FAILED');
  const { aiUsage } = await usageOf(poor, poorIds[0] ?? '');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.every(({ tenant }) => tenant === poor)).toBe(true);
  expect(aiUsage.costUsd).toBeGreaterThan(0);
  expect(aiUsage.costUsd).toBeLessThanOrEqual(0.4);
  expect(aiUsage.reservedUsd).toBe(0);
});

test('cancelling a design closes the stream, and what it used is accounted', async () => {
  const tenant = await createDesignTenant(service);
  claude.respondWith(() => answersSlowly(ONBOARDING.answer, new Promise(() => {})));
  const before = claude.requests.length;
  const id = await tenant.start(input('CLAUDE'));
  const asked = await until('the model is asked', () => claude.requests[before]);

  await tenant.ask('mutation ($id: ID!) { cancelDesign(input: { sessionId: $id }) { session { state } } }', {
    id,
  });

  await until('the provider sees the end', () => asked.state === 'CLOSED');
  await until('it is settled', async () => (await usageOf(tenant, id)).aiUsage.reservedUsd === 0);
  expect((await usageOf(tenant, id)).aiUsage).toMatchObject({ calls: 1, models: [{ failedCalls: 1 }] });
});

test('what a tenant keeps to itself does not leave, and quotes match the source all the same', async () => {
  const tenant = await createDesignTenant(service);
  await changeSettings(tenant, { redactPersonalData: true });
  const before = claude.requests.length;
  const description = `${ONBOARDING.text} Questions go to anna.muster@example.com (password: hunter2-X9).`;

  const session = await tenant.design({ ...input('CLAUDE'), description });

  const sent = JSON.stringify(claude.requests.slice(before).map(({ body }) => body));
  expect(sent).toContain('[EMAIL_1]');
  for (const secret of ['anna.muster', 'hunter2']) expect(sent).not.toContain(secret);
  expect(session.processModel?.activities.length).toBe(ONBOARDING.answer.activities.length);
});

// The local servers are as strict about requests and schemas as the real ones.
test('no request was one that a provider does not take', () => {
  expect([...claude.refused, ...openai.refused]).toEqual([]);
  expect(JSON.stringify(claude.requests[0]?.body)).toContain('"strict":true');
  expect(JSON.stringify(openai.requests[0]?.body)).toContain('"strict":true');
});

// Attack: keys in what processes write.
test('no process has written a key or a text', () => {
  const log = service.platform.log.join('\n');

  for (const secret of [claude.apiKey, openai.apiKey, ONBOARDING.text.slice(0, 40)]) {
    expect(log).not.toContain(secret);
  }
});
