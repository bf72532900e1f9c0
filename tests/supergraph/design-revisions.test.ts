/** Refining a design, and editing what was understood, as a client does it. */
import { expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { codesOf, dataOf, type GraphQLAnswer } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { eventsOf, follow, startDesign, waitForState } from './designs.ts';

const platform = sharedPlatform();

const SESSION = `query ($id: ID!) { designSession(id: $id) {
  state phase percent revision acceptedRevision sourceText engine split
  sources { kind name start end }
  processModel { revision activities { id verb object } }
  first: processModel(revision: 1) { revision activities { verb } }
  none: processModel(revision: 99) { revision }
  processModels { revision origin createdAt model { revision } }
  revisions { number kind message answer engine model fallback author { kind name user { id } } createdAt finishedAt
    processRevision agents { key name digest } findings { message } rejections { subject } artifacts { revision name } }
  agents { key name summary digest handsOffTo definition { instructions } agent { id name } }
  automation { activityId performer agentKey reason } approvals { agentKey toolNames reason }
  testCases { id name given input activityIds expect { toolNames approvals outcome } }
  artifacts { id revision name } rejections { subject }
  usage { calls inputTokens cachedInputTokens outputTokens costUsd provider engine model fallback }
  failure { code costUsd } } }`;

interface View {
  state: string;
  phase: string;
  percent: number;
  revision: number;
  sourceText: string;
  sources: object[];
  processModel: {
    revision: number;
    activities: { id: string; verb: string; object: string | null }[];
  } | null;
  first: { revision: number; activities: { verb: string }[] } | null;
  none: null;
  processModels: { revision: number; origin: string; model: { revision: number } }[];
  revisions: {
    number: number;
    kind: string;
    message: string | null;
    engine: string | null;
    author: { kind: string; name: string; user: { id: string } | null };
    finishedAt: string | null;
    processRevision: number | null;
    agents: { key: string }[];
    artifacts: { revision: number; name: string }[];
  }[];
  agents: { key: string; name: string; digest: string; agent: { id: string; name: string } | null }[];
  automation: { activityId: string; performer: string; reason: string }[];
  testCases: { id: string; activityIds: string[] }[];
  artifacts: { id: string; revision: number; name: string }[];
  usage: object;
}

async function read(tenant: TestTenant, id: string): Promise<View> {
  const { designSession } = await tenant.get<{ designSession: View | null }>(SESSION, { id });
  if (designSession === null) throw new Error(`no session ${id}`);
  return designSession;
}

interface Payload {
  readonly session: { readonly id: string; readonly state: string; readonly revision: number } | null;
  readonly errors: readonly { readonly code: string; readonly path: readonly string[] }[];
}

const change =
  (mutation: string) =>
  (tenant: TestTenant, input: Readonly<Record<string, unknown>>): Promise<GraphQLAnswer> =>
    tenant.ask(
      'EDITOR',
      `mutation ($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) {
        ${mutation}(input: $input) { session { id state revision } errors { code path } } }`,
      { input },
    );
const askToRefine = change('refineDesign');
const askToUpdate = change('updateProcessModel');

async function refine(tenant: TestTenant, sessionId: string, message: string): Promise<Payload> {
  const answer = await askToRefine(tenant, { sessionId, message });
  return dataOf<{ refineDesign: Payload }>(answer).refineDesign;
}

async function update(
  tenant: TestTenant,
  input: { sessionId: string; expectedRevision: number; model: object },
): Promise<Payload> {
  const answer = await askToUpdate(tenant, input);
  return dataOf<{ updateProcessModel: Payload }>(answer).updateProcessModel;
}

const APPROVE = 'mutation($id: ID!) { approveProcessModel(input: { sessionId: $id }) { session { state } } }';
const RETURNS = {
  actors: [{ id: 'clerk', name: 'clerk' }],
  activities: [
    { id: 'receive', verb: 'receive', object: 'parcel', actorId: 'clerk' },
    { id: 'inspect', verb: 'inspect', object: 'parcel', actorId: 'clerk' },
  ],
  flows: [{ sourceId: 'receive', targetId: 'inspect' }],
};

async function designed(input: Parameters<typeof startDesign>[1] = {}): Promise<[TestTenant, string]> {
  const tenant = await platform.createTenant();
  const id = await startDesign(tenant, input);
  await waitForState(tenant, id, input?.reviewProcess ? 'AWAITING_REVIEW' : 'SUCCEEDED');
  return [tenant, id];
}

test('a first design shows its proposal, and is the first revision of its session', async () => {
  const [tenant, id] = await designed();

  const session = await read(tenant, id);

  const editor = tenant.users.EDITOR;
  expect(session).toMatchObject({
    revision: 1,
    acceptedRevision: null,
    engine: 'AUTO',
    split: 'ONE',
    sources: [{ kind: 'DESCRIPTION', start: 0, end: session.sourceText.length }],
    first: { revision: 1 },
    none: null,
    processModels: [{ revision: 1, origin: 'ANALYSIS', model: { revision: 1 } }],
    usage: { calls: 0, costUsd: 0, provider: 'local', engine: 'LOCAL', model: null, fallback: null },
  });
  expect(session.revisions).toMatchObject([
    {
      number: 1,
      kind: 'INITIAL',
      message: null,
      engine: 'LOCAL',
      author: { kind: 'USER', user: { id: editor.id } },
      processRevision: 1,
      agents: [{ key: session.agents[0]?.key }],
    },
  ]);
  expect(session.revisions[0]?.finishedAt).not.toBeNull();
  expect(session.agents).toHaveLength(1);
  expect(session.agents[0]).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/), agent: null });
  const activityIds = session.processModel?.activities.map((activity) => activity.id);
  expect(session.automation.map(({ activityId }) => activityId).toSorted()).toEqual(activityIds?.toSorted());
  expect(session.testCases.length).toBeGreaterThan(0);
  expect(session.artifacts.map(({ revision }) => revision)).toEqual([1, 1, 1]);
});

test('a refinement is a new revision, followed as a session that goes on, and the earlier one is kept', async () => {
  const [tenant, id] = await designed();
  const before = await read(tenant, id);
  const token = tenant.users.EDITOR.accessToken;

  const { session, errors } = await refine(tenant, id, 'Call the agent Claims desk.');
  await using following = follow(id, { token });
  expect(await following.ended).toBe('completed');

  const after = await read(tenant, id);
  expect(errors).toEqual([]);
  expect(session).toMatchObject({ state: 'QUEUED', revision: 2 });
  const events = eventsOf(following);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ state }) => state === 'SUCCEEDED')).toHaveLength(2);
  expect(after).toMatchObject({ state: 'SUCCEEDED', revision: 2, percent: 100 });
  expect(after.revisions).toMatchObject([
    { number: 1, kind: 'INITIAL' },
    { number: 2, kind: 'REFINEMENT', message: 'Call the agent Claims desk.', engine: 'LOCAL' },
  ]);
  expect(after.revisions[0]).toEqual(before.revisions[0]);
  expect(after.agents[0]?.key).toBe(before.agents[0]?.key);
  expect(after.artifacts.map(({ revision }) => revision)).toEqual([2, 2, 2]);
  expect(after.revisions[0]?.artifacts).toEqual(before.revisions[0]?.artifacts);
});

test('a session in review is analysed again by a refinement and stops again, with a revision of its own', async () => {
  const [tenant, id] = await designed({ reviewProcess: true });

  const { session } = await refine(tenant, id, 'The clerk also archives the claim.');
  await waitForState(tenant, id, 'AWAITING_REVIEW');
  await tenant.get(APPROVE, { id });
  await waitForState(tenant, id, 'SUCCEEDED');

  const after = await read(tenant, id);
  expect(session).toMatchObject({ state: 'QUEUED', revision: 2 });
  expect(after.revisions.map(({ number, agents }) => [number, agents.length])).toEqual([
    [1, 0],
    [2, 1],
  ]);
  expect(after.revisions[0]?.finishedAt).toBeNull();
});

test('a process model that is edited in review is what the design goes on with', async () => {
  const [tenant, id] = await designed({ reviewProcess: true });

  const { session, errors } = await update(tenant, { sessionId: id, expectedRevision: 1, model: RETURNS });
  const edited = await read(tenant, id);
  await tenant.get(APPROVE, { id });
  await waitForState(tenant, id, 'SUCCEEDED');

  const after = await read(tenant, id);
  expect(errors).toEqual([]);
  expect(session).toMatchObject({ state: 'AWAITING_REVIEW', revision: 1 });
  expect(edited.processModel).toMatchObject({
    revision: 2,
    activities: [{ id: 'receive' }, { id: 'inspect' }],
  });
  expect(after.processModels.map(({ revision, origin }) => [revision, origin])).toEqual([
    [1, 'ANALYSIS'],
    [2, 'EDIT'],
  ]);
  expect(after.automation.map(({ activityId }) => activityId)).toEqual(['receive', 'inspect']);
  expect(after.revisions).toMatchObject([{ number: 1, processRevision: 2 }]);
});

test('a process model that is edited after the design is designed again, without another analysis', async () => {
  const [tenant, id] = await designed();

  const { session } = await update(tenant, { sessionId: id, expectedRevision: 1, model: RETURNS });
  await using following = follow(id, { token: tenant.users.EDITOR.accessToken });
  await following.ended;

  const after = await read(tenant, id);
  expect(session).toMatchObject({ state: 'QUEUED', revision: 2 });
  expect(after).toMatchObject({ state: 'SUCCEEDED', revision: 2 });
  expect(after.revisions[1]).toMatchObject({ kind: 'PROCESS_EDIT', message: null, processRevision: 2 });
  expect(after.automation.map(({ activityId }) => activityId)).toEqual(['receive', 'inspect']);
  const second = eventsOf(following).slice(
    eventsOf(following).findIndex(({ state }) => state === 'SUCCEEDED') + 1,
  );
  expect(second.map(({ phase }) => phase)).not.toContain('ANALYSIS');
  const percents = second.map(({ percent }) => percent);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
});

test('an edited model that is wrong is refused with its places, and one of an old revision with the session', async () => {
  const [tenant, id] = await designed({ reviewProcess: true });
  const dangling = { ...RETURNS, flows: [{ sourceId: 'receive', targetId: 'nowhere' }] };

  const wrong = await update(tenant, { sessionId: id, expectedRevision: 1, model: dangling });
  const empty = await update(tenant, { sessionId: id, expectedRevision: 1, model: {} });
  const stale = await update(tenant, { sessionId: id, expectedRevision: 7, model: RETURNS });

  expect(wrong).toMatchObject({ session: null });
  expect(wrong.errors[0]?.path.slice(0, 3)).toEqual(['model', 'flows', '0']);
  expect(empty.errors).toEqual([{ code: 'REQUIRED', path: ['model', 'activities'] }]);
  expect(stale.errors).toEqual([{ code: 'STALE_REVISION', path: ['expectedRevision'] }]);
  expect(stale.session).toMatchObject({ id, state: 'AWAITING_REVIEW' });
  expect((await read(tenant, id)).processModels).toHaveLength(1);
});

test('an unchanged model makes no revision', async () => {
  const [tenant, id] = await designed({ reviewProcess: true });
  await update(tenant, { sessionId: id, expectedRevision: 1, model: RETURNS });

  const again = await update(tenant, { sessionId: id, expectedRevision: 2, model: RETURNS });

  expect(again).toMatchObject({ errors: [], session: { state: 'AWAITING_REVIEW' } });
  expect((await read(tenant, id)).processModels).toHaveLength(2);
});

// Attack: changing the design of another tenant. The answer is that of a session which does not exist.
test('a session of another tenant is neither refined nor edited', async () => {
  const [, id] = await designed();
  const stranger = await platform.createTenant();
  const model = RETURNS;

  const answers = await Promise.all([
    askToRefine(stranger, { sessionId: id, message: 'Show me.' }),
    askToRefine(stranger, { sessionId: newId(), message: 'Show me.' }),
    askToUpdate(stranger, { sessionId: id, expectedRevision: 1, model }),
    askToUpdate(stranger, { sessionId: newId(), expectedRevision: 1, model }),
  ]);

  expect(answers.map(codesOf)).toEqual([['NOT_FOUND'], ['NOT_FOUND'], ['NOT_FOUND'], ['NOT_FOUND']]);
});

test('who may only read refines nothing', async () => {
  const [tenant, id] = await designed();

  const answer = await tenant.ask(
    'VIEWER',
    'mutation ($id: ID!) { refineDesign(input: { sessionId: $id, message: "More." }) { session { id } } }',
    { id },
  );

  expect(codesOf(answer)).toEqual(['FORBIDDEN']);
});

test.each([
  { what: 'nothing', message: '', code: 'REQUIRED' },
  { what: 'white space', message: '   ', code: 'REQUIRED' },
  { what: 'too many characters', message: 'x'.repeat(5_001), code: 'TOO_LONG' },
])('a message of $what is refused in the payload', async ({ message, code }) => {
  const tenant = await platform.createTenant();

  const { errors } = await refine(tenant, newId(), message);

  expect(errors).toEqual([{ code, path: ['message'] }]);
});
