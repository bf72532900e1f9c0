/** What a revision asks of the engine, what it keeps, and when there is none. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  EngineError,
  type AnalysisRequest,
  type DesignEngine,
  type DesignRequest,
} from '../../../subgraphs/design/src/engine/engine.ts';
import { createRevisionService } from '../../../subgraphs/design/src/modules/revision/revision-service.ts';
import type { DesignRevision } from '../../../subgraphs/design/src/modules/revision/revision.ts';
import type { PhaseTools } from '../../../subgraphs/design/src/workers/phase.ts';
import { openWorkbench } from './workbench.ts';

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
  await bench.rows(`UPDATE design.design_job SET state = 'ENDED', lease_expires_at = NULL`);
});
afterAll(() => bench[Symbol.asyncDispose]());

/** The local engine, with what it was asked, and failures that a test decides about. */
function watchedTools() {
  const analyses: AnalysisRequest[] = [];
  const designs: DesignRequest[] = [];
  const failures: { analyze: Error[]; design: Error[] } = { analyze: [], design: [] };
  const engine: DesignEngine = {
    analyze: async (request) => {
      analyses.push(request);
      const failure = failures.analyze.shift();
      if (failure) throw failure;
      return bench.tools.engine.analyze(request);
    },
    design: async (request) => {
      designs.push(request);
      const failure = failures.design.shift();
      if (failure) throw failure;
      return bench.tools.engine.design(request);
    },
  };
  const tools: PhaseTools = { ...bench.tools, engine };
  return { tools, analyses, designs, failures };
}

const refine = (sessionId: string, message = 'Call the agent Claims desk.') =>
  bench.sessions.refine(bench.request, { sessionId, message });

const revisionsOf = async (id: string): Promise<readonly DesignRevision[]> =>
  (await createRevisionService(bench).list(bench.request, [id])).get(id) ?? [];

const providerDown = (rejections: EngineError['rejections'] = []): EngineError =>
  new EngineError({
    code: 'PROVIDER_UNAVAILABLE',
    message: 'Claude does not answer now.',
    isRetryable: true,
    rejections,
  });

async function designed(tools: PhaseTools, input: object = {}): Promise<string> {
  workers.use(await bench.startWorker(tools));
  const id = await bench.start(input);
  await bench.reaches(id, 'SUCCEEDED');
  return id;
}

test('a refinement gives the engine the message, the model and the proposal that it starts from', async () => {
  const { tools, analyses, designs } = watchedTools();
  const id = await designed(tools);

  await refine(id);
  const session = await bench.reaches(id, 'SUCCEEDED');

  const [first, second] = await revisionsOf(id);
  expect(analyses.map(({ previous }) => previous?.message ?? null)).toEqual([
    null,
    'Call the agent Claims desk.',
  ]);
  expect(analyses[1]?.previous?.model).toMatchObject({ revision: 1 });
  expect(analyses.map(({ sourceText }) => sourceText)).toEqual([session.sourceText, session.sourceText]);
  expect(designs[0]?.previous).toBeNull();
  expect(designs[1]?.previous).toEqual({
    message: 'Call the agent Claims desk.',
    proposal: first?.proposal,
  });
  expect(second).toMatchObject({ kind: 'REFINEMENT', processRevision: 1, engine: 'LOCAL' });
  expect(session.proposal?.name).toBe('Claims desk');
});

test('a revision that reads nothing new keeps the process model, and one that does has the next', async () => {
  const id = await designed(bench.tools);

  await refine(id);
  const same = await bench.reaches(id, 'SUCCEEDED');
  await refine(id, 'After the payment the clerk archives the claim.');
  const other = await bench.reaches(id, 'SUCCEEDED');

  expect([same.processRevision, other.processRevision]).toEqual([1, 2]);
  expect((await revisionsOf(id)).map(({ processRevision }) => processRevision)).toEqual([1, 1, 2]);
});

test('what was connected since is seen by the next revision, and the text stays the same', async () => {
  const { tools, designs } = watchedTools();
  let kinds: Awaited<ReturnType<PhaseTools['integrations']['listKinds']>> = ['JIRA'];
  let collected = 0;
  const id = await designed({
    ...tools,
    integrations: { ...tools.integrations, listKinds: async () => kinds },
    collectSources: (request) => {
      collected += 1;
      return tools.collectSources(request);
    },
  });

  kinds = ['JIRA', 'SERVICENOW'];
  await refine(id);
  await bench.reaches(id, 'SUCCEEDED');

  expect(designs.map(({ integrationKinds }) => integrationKinds)).toEqual([['JIRA'], ['JIRA', 'SERVICENOW']]);
  expect(collected).toBe(1);
});

test('a refinement that failed goes on after its finished phases, which nobody pays for again', async () => {
  const { tools, analyses, designs, failures } = watchedTools();
  const id = await designed(tools);
  const rejections = [{ phase: 'DESIGN', subject: 'tool send_fax', reason: 'Nothing sends faxes.' }] as const;
  failures.design.push(providerDown(rejections));

  await refine(id);
  const failed = await bench.reaches(id, 'FAILED');
  const [, refused] = await revisionsOf(id);
  await bench.sessions.retry(bench.request, id);
  const done = await bench.reaches(id, 'SUCCEEDED');

  expect(failed.failure).toEqual({
    phase: 'DESIGN',
    code: 'PROVIDER_UNAVAILABLE',
    message: 'Claude does not answer now.',
    retryable: true,
  });
  expect(refused).toMatchObject({ rejections, proposal: null, finishedAt: null });
  // What there was is shown until there is something newer.
  expect(failed.proposal).not.toBeNull();
  expect(done).toMatchObject({ revision: 2, failure: null });
  expect([analyses.length, designs.length]).toEqual([2, 3]);
  expect(designs[2]?.previous?.message).toBe('Call the agent Claims desk.');
});

test('a session is refined while nobody works on it, and not before something was understood', async () => {
  const { tools, failures } = watchedTools();
  failures.analyze.push(providerDown());
  workers.use(await bench.startWorker(tools));
  const failed = await bench.start();
  await bench.reaches(failed, 'FAILED');
  await workers.disposeAsync();
  const cancelled = await bench.start();
  await bench.sessions.cancel(bench.request, cancelled);
  const queued = await bench.start();

  const refusals = await Promise.allSettled([refine(failed), refine(cancelled), refine(queued)]);

  expect(refusals.map((refusal) => refusal.status === 'rejected' && refusal.reason)).toMatchObject(
    refusals.map(() => ({ code: 'CONFLICT' })),
  );
});

test('a design that found no process is mended by an edited model', async () => {
  const { tools, analyses } = watchedTools();
  workers.use(await bench.startWorker(tools));
  const id = await bench.start({ description: 'Our company is old. The weather was nice.' });
  const failed = await bench.reaches(id, 'FAILED');

  await bench.sessions.updateProcessModel(bench.request, {
    sessionId: id,
    expectedRevision: 1,
    model: { activities: [{ verb: 'check', object: 'claim' }] },
  });
  const session = await bench.reaches(id, 'SUCCEEDED');

  expect(failed.failure).toMatchObject({ code: 'NO_PROCESS' });
  expect(session).toMatchObject({ revision: 2, processRevision: 2 });
  expect(analyses).toHaveLength(1);
});

test('within each attempt percent only rises, and a revision begins a new one', async () => {
  const id = await designed(bench.tools);

  await refine(id);
  await bench.reaches(id, 'SUCCEEDED');

  const events = await bench.rows(
    'SELECT attempt, revision, percent FROM design.design_event WHERE session_id = $1 ORDER BY sequence',
    [id],
  );
  const attempts = Map.groupBy(events, ({ attempt }) => attempt);
  expect([...attempts.keys()]).toEqual([0, 1, 2]);
  for (const attempt of attempts.values()) {
    const percents = attempt.map(({ percent }) => Number(percent));
    expect(percents).toEqual(percents.toSorted((one, other) => one - other));
    expect(new Set(attempt.map(({ revision }) => revision)).size).toBe(1);
  }
});

// While services are replaced by newer ones.
test('a session that a service without revisions started has its first one from the worker', async () => {
  const id = await bench.start();
  await bench.rows('DELETE FROM design.design_revision WHERE session_id = $1', [id]);

  workers.use(await bench.startWorker(bench.tools));
  await bench.reaches(id, 'SUCCEEDED');

  const userId = bench.request.viewer.actor.id;
  expect(await revisionsOf(id)).toMatchObject([
    { number: 1, kind: 'INITIAL', author: { kind: 'USER', userId }, proposal: expect.anything() },
  ]);
});

test('a session has a bounded number of revisions', async () => {
  const id = await designed(bench.tools);
  await workers.disposeAsync();
  await bench.rows(
    `INSERT INTO design.design_revision (tenant_id, session_id, number, kind, message, author_kind, author_id, author_name, created_at)
     SELECT tenant_id, session_id, n, 'REFINEMENT', 'More.', author_kind, author_id, author_name, created_at
     FROM design.design_revision, generate_series(2, 100) AS n WHERE session_id = $1`,
    [id],
  );
  await bench.rows('UPDATE design.design_session SET revision = 100 WHERE id = $1', [id]);

  await expect(refine(id)).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('files of earlier revisions are kept, and the newest are shown', async () => {
  const id = await designed(bench.tools);

  await refine(id);
  await bench.reaches(id, 'SUCCEEDED');

  const files = await bench.rows(
    'SELECT revision, kind FROM design.design_artifact WHERE session_id = $1 ORDER BY revision, kind',
    [id],
  );
  expect(files.map(({ revision, kind }) => `${Number(revision)} ${String(kind)}`)).toEqual([
    '1 ARCHIMATE',
    '1 BUNDLE',
    '1 PROCESS_MODEL',
    '2 ARCHIMATE',
    '2 BUNDLE',
    '2 PROCESS_MODEL',
  ]);
});

// Attack: a model that waits for approval was edited without end, each time with megabytes that stay.
test('the process model of a session has a bounded number of revisions', async () => {
  workers.use(await bench.startWorker(bench.tools));
  const id = await bench.start({ reviewProcess: true });
  await bench.reaches(id, 'AWAITING_REVIEW');
  const edit = (expectedRevision: number, verb: string) =>
    bench.sessions.updateProcessModel(bench.request, {
      sessionId: id,
      expectedRevision,
      model: { activities: [{ verb, object: 'claim' }] },
    });
  await edit(1, 'check');
  await bench.rows(
    `UPDATE design.process_model SET revision = 199, model = jsonb_set(model, '{revision}', '199')
     WHERE session_id = $1 AND revision = 2`,
    [id],
  );

  await edit(199, 'pay');

  await expect(edit(200, 'send')).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'The process model has 200 revisions. Go on with it as it is, or start a new design.',
  });
  expect((await bench.sessions.approve(bench.request, id)).state).toBe('QUEUED');
});

test('that rules did the analysis is said, also when the provider is back for the design', async () => {
  const local = bench.tools.engine;
  const rejection = (phase: 'ANALYSIS' | 'DESIGN') => ({ phase, subject: phase, reason: 'Nobody says so.' });
  const engine: DesignEngine = {
    analyze: async (request) => ({
      ...(await local.analyze(request)),
      fallback: 'CLAUDE was overloaded.',
      rejections: [rejection('ANALYSIS')],
    }),
    design: async (request) => ({
      ...(await local.design(request)),
      engine: 'CLAUDE',
      model: 'model',
      rejections: [rejection('DESIGN')],
    }),
  };

  const id = await designed({ ...bench.tools, engine });

  const [revision] = await revisionsOf(id);
  expect(revision).toMatchObject({
    engine: 'CLAUDE',
    model: 'model',
    fallback: 'CLAUDE was overloaded.',
    rejections: [rejection('ANALYSIS'), rejection('DESIGN')],
  });
});
