/** Every change of a design session is an event, whoever makes it: a person, or a worker. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EventType, TypedEnvelope } from '@flowgrid/messaging';
import { newId, systemClock } from '@flowgrid/platform';
import type { AgentToCreate } from '../../../subgraphs/design/src/adapters/agents-client.ts';
import { AnalysisError } from '../../../subgraphs/design/src/adapters/analyzer.ts';
import { createAcceptanceService } from '../../../subgraphs/design/src/modules/acceptance/acceptance-service.ts';
import { createSettingsService } from '../../../subgraphs/design/src/modules/ai-usage/settings-service.ts';
import { createSchema } from '../../../subgraphs/design/src/schema.ts';
import { listAudit, listEvents } from '../../testkit/outbox.ts';
import { openWorkbench, viewerOf, withAnalysis } from './workbench.ts';

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let workers: AsyncDisposableStack;

beforeAll(async () => {
  bench = await openWorkbench();
});
beforeEach(() => {
  workers = new AsyncDisposableStack();
});
afterEach(async () => {
  await workers.disposeAsync();
});
afterAll(() => bench[Symbol.asyncDispose]());

async function eventsOf(sessionId: string): Promise<readonly TypedEnvelope[]> {
  const events = await listEvents(bench.rows, 'design', bench.request.viewer.tenantId);
  return events.filter(({ subject }) => subject === sessionId);
}

async function failed(): Promise<string> {
  const analyze = () => Promise.reject(new AnalysisError('TOO_SLOW', 'Too slow.'));
  await using _worker = await bench.startWorker(withAnalysis(bench.tools, analyze));
  const id = await bench.start();
  await bench.reaches(id, 'FAILED');
  return id;
}

async function awaitingReview(): Promise<string> {
  await using _worker = await bench.startWorker(bench.tools);
  const id = await bench.start({ reviewProcess: true });
  await bench.reaches(id, 'AWAITING_REVIEW');
  return id;
}

async function succeeded(): Promise<string> {
  await using _worker = await bench.startWorker(bench.tools);
  const id = await bench.start();
  await bench.reaches(id, 'SUCCEEDED');
  return id;
}

async function accept(sessionId: string): Promise<void> {
  const agents = {
    find: async () => null,
    create: async ({ id, name, definition }: AgentToCreate) => ({
      agent: { id, name, slug: 'claims', revision: 1, definition },
      errors: [],
    }),
    update: () => Promise.reject(new Error('a new agent is not updated')),
  };
  const { database, tools, request } = bench;
  const { signal } = new AbortController();
  const service = createAcceptanceService({
    database,
    agents,
    grants: tools.grants,
    clock: systemClock,
    signal,
  });
  await service.accept(request, { sessionId });
}

async function changeSettings(
  input: Parameters<ReturnType<typeof createSettingsService>['update']>[1],
): Promise<void> {
  const { database, request } = bench;
  const service = createSettingsService({
    database,
    clock: systemClock,
    defaultBudgetUsd: 50,
    providers: [],
    models: { anthropic: 'claude', openai: 'gpt' },
  });
  const viewer = { ...request.viewer, permissions: new Set(['tenant:manage'] as const) };
  await service.update({ ...request, viewer }, input);
}

interface Case {
  readonly type: EventType;
  readonly prepare: () => Promise<string>;
  readonly change: (id: string) => Promise<unknown>;
  readonly expected: object;
}

const CASES: Readonly<Record<string, Case>> = {
  startDesign: {
    type: 'design_session.started',
    prepare: async () => newId(),
    change: (id) => bench.start({ id }),
    expected: {
      session: { title: 'Claims', state: 'QUEUED', phase: 'CONTEXT', percent: 0, isRedesign: false },
    },
  },
  approveProcessModel: {
    type: 'design_session.approved',
    prepare: awaitingReview,
    change: (id) => bench.sessions.approve(bench.request, id),
    expected: { session: { state: 'QUEUED', phase: 'DESIGN' } },
  },
  refineDesign: {
    type: 'design_session.refined',
    prepare: succeeded,
    change: (sessionId) => bench.sessions.refine(bench.request, { sessionId, message: 'Be brief.' }),
    expected: { session: { state: 'QUEUED', phase: 'CONTEXT' }, revision: 2 },
  },
  updateProcessModel: {
    type: 'design_session.process_model_updated',
    prepare: awaitingReview,
    change: (sessionId) =>
      bench.sessions.updateProcessModel(bench.request, {
        sessionId,
        expectedRevision: 1,
        model: { activities: [{ verb: 'check', object: 'claim' }] },
      }),
    expected: { session: { state: 'AWAITING_REVIEW' }, revision: 1, processRevision: 2 },
  },
  cancelDesign: {
    type: 'design_session.cancelled',
    prepare: () => bench.start(),
    change: (id) => bench.sessions.cancel(bench.request, id),
    expected: { session: { state: 'CANCELLED' } },
  },
  retryDesign: {
    type: 'design_session.retried',
    prepare: failed,
    change: (id) => bench.sessions.retry(bench.request, id),
    expected: { session: { state: 'QUEUED', phase: 'ANALYSIS' } },
  },
  updateDesignSettings: {
    type: 'design_setting.updated',
    prepare: async () => bench.request.viewer.tenantId,
    change: () =>
      changeSettings({
        expectedRevision: 0,
        engine: 'LOCAL',
        monthlyBudgetUsd: 12.5,
        redactPersonalData: true,
      }),
    expected: {
      settings: { engine: 'LOCAL', monthlyBudgetUsd: 12.5, redactPersonalData: true, revision: 1 },
    },
  },
  acceptDesign: {
    type: 'design_session.accepted',
    prepare: succeeded,
    change: accept,
    expected: {
      session: { state: 'SUCCEEDED' },
      agentId: expect.any(String),
      agentIds: [expect.any(String)],
      revision: 1,
    },
  },
};

/** Those of other resources have tests of their own, and so has what needs a neighbour; `validateArchimate` keeps nothing. */
const OTHERS = [
  'pushArtifact',
  'deleteArchimateImport',
  'importArchimate',
  'linkAgentToArchimate',
  'unlinkAgentFromArchimate',
  'validateArchimate',
];

test('every mutation of the schema is looked at here', () => {
  const mutations = Object.keys(createSchema().getMutationType()?.getFields() ?? {});

  expect(mutations.toSorted()).toEqual([...Object.keys(CASES), ...OTHERS].toSorted());
});

test.each(Object.entries(CASES))(
  '%s writes one event, with its audit row',
  async (_name, { type, prepare, change, expected }) => {
    const id = await prepare();
    const before = await eventsOf(id);

    await change(id);

    const events = await eventsOf(id);
    expect(events).toHaveLength(before.length + 1);
    expect(events.at(-1)).toMatchObject({ type, actorkind: 'USER', requestid: 'test', data: expected });
    const { tenantId } = bench.request.viewer;
    const all = await listEvents(bench.rows, 'design', tenantId);
    const pairs = all.map(({ id, type }) => ({ id, action: type }));
    expect(pairs).toEqual(await listAudit(bench.rows, 'design', tenantId));
    await bench.rows(`UPDATE design.design_job SET state = 'ENDED', lease_expires_at = NULL`);
  },
);

test('what a worker does with a session is told in the name of the job, for whoever asked last', async () => {
  const id = await awaitingReview();
  const colleague = { viewer: viewerOf(bench.request.viewer.tenantId), requestId: 'test' };
  await bench.sessions.approve(colleague, id);
  workers.use(await bench.startWorker(bench.tools));
  await bench.reaches(id, 'SUCCEEDED');

  const events = await eventsOf(id);

  const first = bench.request.viewer.actor.id;
  const second = colleague.viewer.actor.id;
  expect(events.map(({ type, actorkind, actoruserid }) => [type, actorkind, actoruserid])).toEqual([
    ['design_session.started', 'USER', first],
    ['design_session.review_requested', 'DESIGN_JOB', first],
    ['design_session.approved', 'USER', second],
    ['design_session.succeeded', 'DESIGN_JOB', second],
  ]);
  expect(events[1]).toMatchObject({ actorid: id, actorname: 'Claims' });
});

test('a failure is told with its reason', async () => {
  const id = await failed();

  const events = await eventsOf(id);

  expect(events.at(-1)).toMatchObject({
    type: 'design_session.failed',
    actorkind: 'DESIGN_JOB',
    data: {
      session: { id, state: 'FAILED' },
      failure: { phase: 'ANALYSIS', code: 'ANALYSIS_TOO_SLOW', message: 'Too slow.', retryable: true },
    },
  });
});

// The description may be confidential, and the context token is the user's own.
test('no event carries what was described, or the token of whoever asked', async () => {
  const { contextToken } = bench.request.viewer;
  const description = 'The clerk records the secret merger in Jira and informs the board.';
  workers.use(await bench.startWorker(bench.tools));
  const id = await bench.start({ description });
  await bench.reaches(id, 'SUCCEEDED');

  const all = JSON.stringify(await eventsOf(id));

  expect([contextToken, 'secret merger'].filter((text) => all.includes(text))).toEqual([]);
});

test('a worker that lost its job tells nothing', async () => {
  const id = await bench.start();
  const late = await bench.claim();
  const record = bench.record(late, id);
  await record.begin();
  await bench.expireLeases();
  await bench.claim();

  const outcomes = await Promise.allSettled([record.succeed('Done.'), record.awaitReview()]);

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await eventsOf(id)).map(({ type }) => type)).toEqual(['design_session.started']);
  await bench.sessions.cancel(bench.request, id);
});
