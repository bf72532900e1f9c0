/** Tickets that are made, commented and moved on from here: sent once, told as a change, and apart for each tenant. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { openIntegrationsDatabase } from '../../../subgraphs/integrations/src/database.ts';
import { purgeWrites } from '../../../subgraphs/integrations/src/modules/external-write/purge-writes.ts';
import { startJiraServer, type JiraServer } from '../../../subgraphs/integrations/src/testkit/jira-server.ts';
import { JIRA_CREDENTIAL } from '../../../subgraphs/integrations/src/testkit/vendor-servers.ts';
import { codesOf, dataOf, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import { CREATE as CONNECT, type Payload } from './operations.ts';
import { startIntegrations, type Ask, type IntegrationsService, type TestTenant } from './service.ts';

let jira: JiraServer;
let service: IntegrationsService;
/** Each test has its own. */
let project: ReturnType<JiraServer['addProject']>;
let projects = 0;

beforeAll(async () => {
  jira = await startJiraServer({ edition: 'CLOUD' });
  const basic = Buffer.from(`${JIRA_CREDENTIAL.email}:${JIRA_CREDENTIAL.apiToken}`).toString('base64');
  jira.addAccount({ authorization: `Basic ${basic}`, login: JIRA_CREDENTIAL.email });
  service = await startIntegrations([jira.host]);
  await holdOutbox(service.rows, 'integrations');
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await jira[Symbol.asyncDispose]();
});
beforeEach(() => {
  projects += 1;
  project = jira.addProject(`PRJ${projects}`);
});

const ERRORS = 'errors { code message path }';
const CREATE = `mutation ($input: CreateExternalItemInput!) { result: createExternalItem(input: $input) {
  item { key title body state type assignee url updatedAt } ${ERRORS} } }`;
const COMMENT = `mutation ($input: CommentOnExternalItemInput!) { result: commentOnExternalItem(input: $input) {
  comment { id url } ${ERRORS} } }`;
const TRANSITION = `mutation ($input: TransitionExternalItemInput!) { result: transitionExternalItem(input: $input) {
  item { key state } ${ERRORS} } }`;
const STEPS = `query ($id: ID!, $key: String!) { integration(id: $id) { id itemTransitions(key: $key) {
  id name toState requires } } }`;

async function connect(ask: Ask): Promise<string> {
  const input = { kind: 'JIRA', name: newId(), baseUrl: jira.baseUrl, credential: JIRA_CREDENTIAL };
  const { integration } = dataOf<{ result: Payload }>(await ask(CONNECT, { input })).result;
  if (!integration) throw new Error('not created');
  return integration.id;
}

async function connected(): Promise<TestTenant & { readonly integrationId: string }> {
  const tenant = await service.tenant();
  return { ...tenant, integrationId: await connect(tenant.owner) };
}

const issuesOf = (): readonly { key: string; comments: readonly object[]; status: string }[] =>
  jira.world.issues.filter((issue) => issue.project === project.key);
const sent = (): number => jira.requests.filter((request) => request.startsWith('POST ')).length;
/** What was written from here, each with its audit row. */
async function changesOf(tenantId: string): Promise<Awaited<ReturnType<typeof listEvents>>> {
  const events = await listEvents(service.rows, 'integrations', tenantId);
  const changes = events.filter(({ type }) => type.startsWith('external.'));
  const audit = await listAudit(service.rows, 'integrations', tenantId);
  expect(changes.map(({ id, type }) => ({ id, action: type }))).toEqual(
    audit.filter(({ action }) => action.startsWith('external.')),
  );
  return changes;
}
const messageOf = (answer: GraphQLAnswer): string => String(answer.errors[0]?.message);
const draft = (integrationId: string, more: object = {}): Record<string, unknown> => ({
  input: { integrationId, container: project.key, title: 'The claim is late', body: 'Ask **Ann**.', ...more },
});

test('an item is made, told of, and made once however often its id is repeated', async () => {
  const { id: tenantId, owner, integrationId } = await connected();
  const id = newId();

  const first = await owner(CREATE, draft(integrationId, { id, type: 'bug' }));
  const again = await owner(CREATE, draft(integrationId, { id: id.toUpperCase(), type: 'bug' }));

  const [issue] = issuesOf();
  expect(issuesOf()).toHaveLength(1);
  expect(dataOf(first)).toEqual({
    result: {
      item: {
        key: issue?.key,
        title: 'The claim is late',
        body: 'Ask Ann.',
        state: 'To Do',
        type: 'Bug',
        assignee: null,
        url: `${jira.baseUrl}/browse/${issue?.key}`,
        updatedAt: expect.any(String),
      },
      errors: [],
    },
  });
  expect(dataOf(again)).toEqual(dataOf(first));
  const changes = await changesOf(tenantId);
  expect(changes).toHaveLength(1);
  expect(changes[0]).toMatchObject({
    type: 'external.item.created',
    subject: `${integrationId}:${issue?.key}`,
    actorkind: 'USER',
    data: { integrationId, item: { key: issue?.key, title: 'The claim is late', state: 'To Do' } },
  });
});

test('an id that was used with another input is refused', async () => {
  const { owner, integrationId } = await connected();
  const id = newId();
  await owner(CREATE, draft(integrationId, { id }));

  const other = await owner(CREATE, draft(integrationId, { id, title: 'Another' }));
  const comment = { id, integrationId, key: `${project.key}-1`, body: 'Paid.' };
  const asComment = await owner(COMMENT, { input: comment });

  expect([codesOf(other), codesOf(asComment)]).toEqual([['CONFLICT'], ['CONFLICT']]);
  expect(issuesOf()).toMatchObject([{ comments: [] }]);
});

test('the same id twenty times at once makes one', async () => {
  const { owner, integrationId } = await connected();
  const id = newId();

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => owner(CREATE, draft(integrationId, { id }))),
  );
  const later = await owner(CREATE, draft(integrationId, { id }));

  expect(issuesOf()).toHaveLength(1);
  const made = answers.filter(({ errors }) => errors.length === 0);
  expect(made.length).toBeGreaterThanOrEqual(1);
  for (const answer of made) expect(dataOf(answer)).toEqual(dataOf(later));
  const others = answers.filter((answer) => !made.includes(answer));
  expect(others.map(messageOf).filter((message) => !message.includes('being sent'))).toEqual([]);
});

test.each(['DONE_DROPPED', 'DONE_BROKEN', 'DROPPED', 'MALFORMED'] as const)(
  'an outcome that nobody knows is said, and nothing is sent again: %s',
  async (fault) => {
    const { id: tenantId, owner, integrationId } = await connected();
    const id = newId();
    jira.fail(fault, { matching: /^POST .*\/issue$/ });

    const first = await owner(CREATE, draft(integrationId, { id }));
    const before = sent();
    const again = await owner(CREATE, draft(integrationId, { id }));

    expect(codesOf(first)).toEqual(['CONFLICT']);
    expect(messageOf(first)).toMatch(/not known whether/);
    expect(messageOf(again)).toBe(messageOf(first));
    expect(sent()).toBe(before);
    expect(await changesOf(tenantId)).toEqual([]);
  },
);

test('what a process left behind when it died is an outcome that nobody knows', async () => {
  const { id: tenantId, owner, integrationId } = await connected();
  const id = newId();
  await owner(CREATE, draft(integrationId, { id }));
  await service.rows(
    `UPDATE integrations.external_write SET state = 'SENT', result = NULL, ended_at = NULL, sent_at = now() - interval '2 minutes'
      WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );

  const again = await owner(CREATE, draft(integrationId, { id }));

  expect(messageOf(again)).toMatch(/not known whether/);
  expect(issuesOf()).toHaveLength(1);
});

test('what was made and could not be recorded is not made again', async () => {
  const { owner, integrationId } = await connected();
  const id = newId();
  await service.rows(
    `ALTER TABLE integrations.outbox_event ADD CONSTRAINT full_disk CHECK (subject NOT LIKE '${integrationId}:%') NOT VALID`,
  );

  const first = await owner(CREATE, draft(integrationId, { id }));
  await service.rows('ALTER TABLE integrations.outbox_event DROP CONSTRAINT full_disk');
  const again = await owner(CREATE, draft(integrationId, { id }));

  expect([first, again].map(messageOf)).toEqual([
    expect.stringMatching(/not known whether/),
    expect.stringMatching(/not known whether/),
  ]);
  expect(issuesOf()).toHaveLength(1);
});

test('what was refused for certain may be sent again with the same id', async () => {
  const { owner, integrationId } = await connected();
  const id = newId();
  const bug = project.types.find(({ name }) => name === 'Bug');
  const team = { fieldId: 'customfield_10001', name: 'Team', required: true, hasDefaultValue: false };
  bug?.fields.push(team);

  const refused = await owner(CREATE, draft(integrationId, { id, type: 'Bug' }));
  bug?.fields.pop();
  jira.fail('FORBIDDEN', { matching: /^POST .*\/issue$/ });
  const forbidden = await owner(CREATE, draft(integrationId, { id, type: 'Bug' }));
  const made = await owner(CREATE, draft(integrationId, { id, type: 'Bug' }));

  expect(messageOf(refused)).toBe(`Jira requires "Team" for "Bug" in ${project.key}. Make this one there.`);
  expect(messageOf(forbidden)).toMatch(/forbids this \(403\)/);
  expect(codesOf(made)).toEqual([]);
  expect(issuesOf()).toHaveLength(1);
});

test('an item is commented once, and moved on by a step that it offers', async () => {
  const { id: tenantId, owner, integrationId } = await connected();
  const { key } = jira.addIssue({ project: project.key, summary: 'Claim' });
  const input = { id: newId(), integrationId, key, body: 'Paid `100`.' };

  const commented = await owner(COMMENT, { input });
  const again = await owner(COMMENT, { input });
  const steps = await owner(STEPS, { id: integrationId, key });
  const moved = await owner(TRANSITION, { input: { integrationId, key, transitionId: '31' } });
  const twice = await owner(TRANSITION, { input: { integrationId, key, transitionId: '31' } });

  const { comment } = dataOf<{ result: { comment: { id: string; url: string } } }>(commented).result;
  expect(comment.url).toBe(`${jira.baseUrl}/browse/${key}?focusedCommentId=${comment.id}`);
  expect(dataOf(again)).toEqual(dataOf(commented));
  expect(issuesOf()[0]?.comments).toHaveLength(1);
  expect(dataOf(steps)).toEqual({
    integration: {
      id: integrationId,
      itemTransitions: [
        { id: '11', name: 'Start work', toState: 'In Progress', requires: [] },
        { id: '31', name: 'Finish', toState: 'Done', requires: [] },
      ],
    },
  });
  expect(dataOf(moved)).toEqual({ result: { item: { key, state: 'Done' }, errors: [] } });
  expect(codesOf(twice)).toEqual(['CONFLICT']);
  const changes = await changesOf(tenantId);
  expect(changes.map(({ type, data }) => ({ type, data }))).toMatchObject([
    { type: 'external.item.commented', data: { integrationId, key, comment } },
    { type: 'external.item.transitioned', data: { transitionId: '31', item: { key, state: 'Done' } } },
  ]);
});

test('what cannot be accepted is said by its place in the input', async () => {
  const { owner, integrationId } = await connected();
  const before = sent();

  const answers = [
    await owner(CREATE, draft(integrationId, { title: ' ', body: 'x'.repeat(50_001) })),
    await owner(COMMENT, { input: { integrationId, key: `${project.key}-99`, body: ' ' } }),
    await owner(COMMENT, { input: { integrationId, key: `${project.key}-99`, body: 'Paid.' } }),
    await owner(TRANSITION, { input: { integrationId, key: '../myself', transitionId: '31' } }),
  ];

  const paths = answers.map((answer) =>
    dataOf<{ result: { errors: { path: string[] }[] } }>(answer).result.errors.map(({ path }) =>
      path.join('.'),
    ),
  );
  expect(paths).toEqual([['title', 'body'], ['body'], ['key'], ['key']]);
  expect(sent() - before).toBe(1);
});

test('whoever may only read makes nothing', async () => {
  const { owner: _owner, viewer, integrationId } = await connected();
  const { key } = jira.addIssue({ project: project.key, summary: 'Claim' });
  const before = jira.requests.length;

  const answers = [
    await viewer(CREATE, draft(integrationId)),
    await viewer(COMMENT, { input: { integrationId, key, body: 'Paid.' } }),
    await viewer(TRANSITION, { input: { integrationId, key, transitionId: '31' } }),
    await viewer(STEPS, { id: integrationId, key }),
  ];

  expect(answers.map(codesOf)).toEqual(answers.map(() => ['FORBIDDEN']));
  expect(jira.requests.length).toBe(before);
});

// Attack: writing with the credential of another tenant, or reading the outcome of its writes by their ids.
test('the integration and the ids of another tenant are as absent as none', async () => {
  const owner = await connected();
  const stranger = await connected();
  const id = newId();
  await owner.owner(CREATE, draft(owner.integrationId, { id }));
  const before = jira.requests.length;
  const ask = async (integrationId: string): Promise<unknown> => [
    await stranger.owner(CREATE, draft(integrationId, { id })),
    await stranger.owner(COMMENT, { input: { integrationId, key: `${project.key}-1`, body: 'Mine' } }),
    await stranger.owner(TRANSITION, {
      input: { integrationId, key: `${project.key}-1`, transitionId: '31' },
    }),
    await stranger.owner(STEPS, { id: integrationId, key: `${project.key}-1` }),
  ];

  expect(await ask(owner.integrationId)).toEqual(await ask(newId()));
  expect(jira.requests.length).toBe(before);
  const own = await stranger.owner(CREATE, draft(stranger.integrationId, { id, title: 'Of the stranger' }));

  expect(dataOf(own)).toMatchObject({ result: { item: { title: 'Of the stranger' } } });
  expect(issuesOf()).toHaveLength(2);
});

test('records are forgotten after a month, and not before', async () => {
  const { id: tenantId, owner, integrationId } = await connected();
  const ids = [newId(), newId()];
  for (const id of ids) await owner(CREATE, draft(integrationId, { id }));
  await service.rows(
    `UPDATE integrations.external_write SET sent_at = now() - interval '31 days' WHERE tenant_id = $1 AND id = $2`,
    [tenantId, ids[0]],
  );
  await using database = openIntegrationsDatabase(service.databaseUrl);

  await purgeWrites(database);

  const kept = await service.rows('SELECT id FROM integrations.external_write WHERE tenant_id = $1', [
    tenantId,
  ]);
  expect(kept).toEqual([{ id: ids[1] }]);
});
