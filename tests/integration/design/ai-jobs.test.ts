/** Jobs whose engine is an AI model: what is finished is not paid for again, and what is given up stops costing. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ONBOARDING_DESIGN } from '../../../subgraphs/design/src/engine/testkit/design-answers.ts';
import { ONBOARDING } from '../../../subgraphs/design/src/engine/testkit/examples.ts';
import type { RunningProcess } from '../../../local/src/index.ts';
import { answers, answersSlowly, refuses } from '../../testkit/ai/behaviour.ts';
import type { FakeAiServer } from '../../testkit/ai/fake-ai-server.ts';
import { startFakeMessagesApi } from '../../testkit/ai/fake-messages-api.ts';
import { dataOf } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import {
  createDesignTenant,
  startDesignService,
  type DesignService,
  type TestTenant,
} from './design-service.ts';
import { openPhaseBarrier, type PhaseBarrier } from './phase-barrier.ts';

/** Long enough for a job on a busy machine. */
const LIMIT_MS = 60_000;

let stack: AsyncDisposableStack;
let claude: FakeAiServer;
let service: DesignService;
let barrier: PhaseBarrier;
/** The one that is killed next. */
let worker: RunningProcess;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  claude = stack.use(await startFakeMessagesApi());
  const env = { LEASE_SECONDS: '1', ANTHROPIC_BASE_URL: claude.url, ANTHROPIC_API_KEY: claude.apiKey };
  service = stack.use(await startDesignService(env));
  service.neighbours.integrationKinds = ['JIRA', 'SERVICENOW'];
  barrier = stack.use(await openPhaseBarrier(service.database.superuserUrl));
  worker = await service.platform.start('design-worker');
});
afterEach(() => barrier.open());
afterAll(() => stack.disposeAsync());

/** Kills the worker where it stands, and starts another. */
async function replaceWorker(): Promise<void> {
  worker.kill('SIGKILL');
  await worker.exited;
  await barrier.open();
  worker = await service.platform.start('design-worker');
}

const start = (tenant: TestTenant): Promise<string> =>
  tenant.start({ title: ONBOARDING.title, description: ONBOARDING.text, engine: 'CLAUDE', split: 'BY_ROLE' });

interface Costs {
  usage: {
    calls: number;
    costUsd: number;
    inputTokens: number;
    provider: string;
    engine: string | null;
    model: string | null;
    fallback: string | null;
  };
  failure: { code: string; phase: string; costUsd: number } | null;
  agents: { key: string; name: string }[];
  rejections: { subject: string; reason: string }[];
  events: {
    sequence: number;
    phase: string;
    percent: number;
    message: string;
    found: { kind: string; name: string }[];
  }[];
}

async function costsOf(tenant: TestTenant, id: string): Promise<Costs> {
  const { designSession } = dataOf<{ designSession: Costs }>(
    await tenant.ask(
      `query ($id: ID!) { designSession(id: $id) {
        usage { calls costUsd inputTokens provider engine model fallback } failure { code phase costUsd }
        agents { key name } rejections { subject reason } events { sequence phase percent message found { kind name } } } }`,
      { id },
    ),
  );
  return designSession;
}

const asked = (from: number): number => claude.requests.length - from;

test('a worker that is killed in the middle of an answer asks again, once, and each finished phase is paid once', async () => {
  const tenant = await createDesignTenant(service);
  const from = claude.requests.length;
  const never = Promise.withResolvers<void>();
  claude.script(
    answersSlowly(ONBOARDING.answer, never.promise),
    answers(ONBOARDING.answer),
    answersSlowly(ONBOARDING_DESIGN, never.promise),
    answers(ONBOARDING_DESIGN),
  );
  const id = await start(tenant);
  await until('the analysis is being answered', () => asked(from) === 1, LIMIT_MS);
  await replaceWorker();
  await until('the design is being answered', () => asked(from) === 3, LIMIT_MS);
  await replaceWorker();

  const session = await tenant.reaches(id, 'SUCCEEDED');
  never.resolve();

  const { usage, agents } = await costsOf(tenant, id);
  expect(claude.requests.slice(from).map(({ answer }) => answer.name)).toEqual([
    claude.requests[from]?.answer.name,
    claude.requests[from]?.answer.name,
    claude.requests[from + 2]?.answer.name,
    claude.requests[from + 2]?.answer.name,
  ]);
  expect(claude.requests[from]?.answer.name).not.toBe(claude.requests[from + 2]?.answer.name);
  expect(claude.requests.slice(from).map(({ state }) => state)).toEqual([
    'CLOSED',
    'ENDED',
    'CLOSED',
    'ENDED',
  ]);
  expect(usage).toMatchObject({ provider: 'anthropic', engine: 'CLAUDE', fallback: null });
  // What became of a question whose asker was killed, nobody knows: it stays reserved, and is not among those that are over.
  expect(usage.calls).toBe(2);
  expect(usage.costUsd).toBeGreaterThan(0);
  expect(agents).toMatchObject([{ key: 'hr' }, { key: 'it' }]);
  expect(session.events.filter(({ message }) => message === 'Another worker took over.')).toHaveLength(2);
});

test.each(['VALIDATION', 'CODE', 'MODEL'])(
  'killed in %s, nothing is asked of a model again',
  async (phase) => {
    const tenant = await createDesignTenant(service);
    const from = claude.requests.length;
    claude.script(answers(ONBOARDING.answer), answers(ONBOARDING_DESIGN));
    await barrier.close(phase);
    const id = await start(tenant);
    await barrier.reached();
    await replaceWorker();

    await tenant.reaches(id, 'SUCCEEDED');

    expect(asked(from)).toBe(2);
    expect((await costsOf(tenant, id)).usage.calls).toBe(2);
  },
);

test('a design that is refused fails with what it cost so far, and a retry pays for the design alone', async () => {
  const tenant = await createDesignTenant(service);
  const from = claude.requests.length;
  claude.script(answers(ONBOARDING.answer), refuses());
  const id = await start(tenant);
  await tenant.reaches(id, 'FAILED');
  const failed = await costsOf(tenant, id);
  claude.script(answers(ONBOARDING_DESIGN));

  await tenant.ask('mutation ($id: ID!) { retryDesign(input: { sessionId: $id }) { errors { code } } }', {
    id,
  });
  await tenant.reaches(id, 'SUCCEEDED');

  const done = await costsOf(tenant, id);
  expect(failed.failure).toMatchObject({ phase: 'DESIGN', code: 'ANSWER_REFUSED' });
  expect(failed.failure?.costUsd).toBe(failed.usage.costUsd);
  expect(failed.usage.costUsd).toBeGreaterThan(0);
  expect(asked(from)).toBe(3);
  expect(done.failure).toBeNull();
  expect(done.usage.calls).toBe(3);
  expect(done.usage.costUsd).toBeGreaterThan(failed.usage.costUsd);
});

test('a design that is cancelled in the middle of an answer ends the connection to the provider', async () => {
  const tenant = await createDesignTenant(service);
  const from = claude.requests.length;
  const never = Promise.withResolvers<void>();
  claude.script(answersSlowly(ONBOARDING.answer, never.promise));
  const id = await start(tenant);
  await using following = tenant.follow(id);
  const isSomethingFound = async (): Promise<boolean> =>
    (await costsOf(tenant, id)).events.some(({ found }) => found.length > 0);
  await until('something was recognised', isSomethingFound, LIMIT_MS);

  await tenant.ask('mutation ($id: ID!) { cancelDesign(input: { sessionId: $id }) { errors { code } } }', {
    id,
  });
  await until('the connection is closed', () => claude.requests[from]?.state === 'CLOSED', LIMIT_MS);
  await following.ended;
  never.resolve();

  const { events } = await costsOf(tenant, id);
  const partial = events.filter(({ found }) => found.length > 0);
  expect(asked(from)).toBe(1);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  expect(following.events.map(({ sequence }) => sequence)).toEqual(events.map(({ sequence }) => sequence));
  expect(following.events.at(-1)).toMatchObject({ state: 'CANCELLED' });
  expect(partial[0]).toMatchObject({ phase: 'ANALYSIS', message: expect.stringMatching(/ so far\.$/) });
  for (const { percent } of partial) {
    expect(percent).toBeGreaterThanOrEqual(10);
    expect(percent).toBeLessThan(40);
  }
});
