/** What a design is given beside its description: kept with the session, and joined to one text. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidInput, newId } from '@flowgrid/platform';
import {
  collectSources,
  type SourceRequest,
} from '../../../../subgraphs/design/src/modules/intake/collect-sources.ts';
import { parseContext } from '../../../../subgraphs/design/src/modules/intake/context-input.ts';
import { storeContext } from '../../../../subgraphs/design/src/modules/intake/context-store.ts';
import { CLAIM_DIAGRAM, makeBpmn } from '../../../../subgraphs/design/src/testkit/documents.ts';
import { startIntake, type Intake } from './intake.ts';

const DESCRIPTION = 'The clerk pays.';
let intake: Intake;

beforeAll(async () => {
  intake = await startIntake();
});
afterAll(() => intake[Symbol.asyncDispose]());

type ContextInput = NonNullable<Parameters<typeof parseContext>[0]>;

/** A session of the tenant that was given this. */
async function give(tenantId: string, input: ContextInput, description = DESCRIPTION): Promise<string> {
  const sessionId = await intake.addSession(tenantId);
  const context = parseContext(input);
  await intake.database.inTenant(tenantId, (tx) =>
    storeContext(tx, { tenantId, sessionId, description, context }),
  );
  return sessionId;
}

async function problemsOf(tenantId: string, input: ContextInput, description?: string) {
  try {
    await give(tenantId, input, description);
    return [];
  } catch (error) {
    if (error instanceof InvalidInput) return error.errors;
    throw error;
  }
}

const noItem: SourceRequest['readItem'] = async () => null;

const collect = (tenantId: string, sessionId: string, readItem = noItem) =>
  collectSources(intake.database, { tenantId, sessionId, description: DESCRIPTION, readItem });

async function addKnownAgent(tenantId: string, status = 'PUBLISHED'): Promise<string> {
  const id = newId();
  await intake.superuser.query(
    `INSERT INTO design.known_agent (tenant_id, id, name, description, status, revision, created_at)
     VALUES ($1, $2, 'Payer', 'Pays claims.', $3, 1, now())`,
    [tenantId, id, status],
  );
  return id;
}

test('the description comes first, then files and items, each with its place', async () => {
  const sender = intake.sender();
  const { id } = await sender.upload('rules.txt', 'Claims above 100 need approval.');
  const integrationId = newId();
  const agentId = await addKnownAgent(sender.tenantId);
  const session = await give(sender.tenantId, {
    fileIds: [id, id.toUpperCase()],
    items: [{ integrationId, key: ' CLM-1 ' }],
    agentIds: [agentId],
  });

  const collected = await collect(sender.tenantId, session, async ({ key }) => ({
    key,
    title: 'Pay\u202e faster',
    body: 'Within\r\ntwo days.\u200b',
  }));

  expect(collected).toEqual({
    sourceText:
      'The clerk pays.\n\nClaims above 100 need approval.\n\nCLM-1: Pay faster\n\nWithin\ntwo days.',
    sources: [
      { kind: 'DESCRIPTION', name: 'Description', start: 0, end: 15 },
      { kind: 'FILE', name: 'rules.txt', start: 17, end: 48 },
      { kind: 'ITEM', name: 'CLM-1', start: 50, end: 85 },
    ],
    model: null,
    agents: [{ id: agentId, name: 'Payer', description: 'Pays claims.' }],
  });
});

test('without context the text is the description', async () => {
  const { tenantId } = intake.sender();
  const session = await give(tenantId, {});

  expect(await collect(tenantId, session)).toEqual({
    sourceText: DESCRIPTION,
    sources: [{ kind: 'DESCRIPTION', name: 'Description', start: 0, end: 15 }],
    model: null,
    agents: [],
  });
});

test('a diagram alone is the process, at its place in the whole text', async () => {
  const sender = intake.sender();
  const diagram = await sender.upload('claims.bpmn', makeBpmn(CLAIM_DIAGRAM));
  const session = await give(sender.tenantId, { fileIds: [diagram.id] });

  const { model, sourceText } = await collect(sender.tenantId, session);

  expect(model?.activities.map(({ span }) => sourceText.slice(span.start, span.end))).toEqual([
    'Check the claim',
    'Claim approval',
    'Inform customer',
  ]);
  expect(model?.actors[0]?.mentions?.map(({ start, end }) => sourceText.slice(start, end))).toEqual([
    'Customer',
    'Customer',
    'Customer',
  ]);
});

test('a diagram beside other files is read with them', async () => {
  const sender = intake.sender();
  const diagram = await sender.upload('claims.bpmn', makeBpmn(CLAIM_DIAGRAM));
  const more = await sender.upload('more.txt', 'The manager signs.');
  const session = await give(sender.tenantId, { fileIds: [diagram.id, more.id] });

  expect((await collect(sender.tenantId, session)).model).toBeNull();
});

test('what is not there, is no file for a design or is named too often is said where it stands', async () => {
  const sender = intake.sender();
  const archimate = await sender.upload(
    'm.xml',
    '<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="m"/>',
  );
  const many = (length: number) => Array.from({ length }, () => newId());

  const problems = [
    await problemsOf(sender.tenantId, { fileIds: [newId()] }),
    await problemsOf(sender.tenantId, { fileIds: ['x'] }),
    await problemsOf(sender.tenantId, { fileIds: [archimate.id] }),
    await problemsOf(sender.tenantId, { fileIds: many(11) }),
    await problemsOf(sender.tenantId, { agentIds: many(11) }),
    await problemsOf(sender.tenantId, {
      items: many(21).map((integrationId) => ({ integrationId, key: 'A-1' })),
    }),
    await problemsOf(sender.tenantId, { items: [{ integrationId: newId(), key: ' ' }] }),
  ];

  expect(problems.map(([problem]) => [problem?.code, problem?.path.join('.')])).toEqual([
    ['NOT_FOUND', 'context.fileIds.0'],
    ['NOT_FOUND', 'context.fileIds.0'],
    ['INVALID', 'context.fileIds.0'],
    ['TOO_LONG', 'context.fileIds'],
    ['TOO_LONG', 'context.agentIds'],
    ['TOO_LONG', 'context.items'],
    ['REQUIRED', 'context.items.0.key'],
  ]);
});

// Attack: another tenant's file by its id, to read it in a design of one's own.
test('a file of another tenant is refused like one that does not exist', async () => {
  const [owner, stranger] = [intake.sender(), intake.sender()];
  const { id } = await owner.upload('a.txt', 'Confidential');

  const toForeign = await problemsOf(stranger.tenantId, { fileIds: [id] });
  const toUnknown = await problemsOf(stranger.tenantId, { fileIds: [newId()] });

  expect(toForeign).toEqual(toUnknown);
  expect(toForeign).toHaveLength(1);
});

test('more text than can be considered is refused with the length of each part', async () => {
  const sender = intake.sender();
  const long = await sender.upload('long.txt', 'a'.repeat(90_000));
  const fits = await give(sender.tenantId, {
    fileIds: [long.id],
    items: [{ integrationId: newId(), key: 'A-1' }],
  });

  const atStart = await problemsOf(sender.tenantId, { fileIds: [long.id] }, 'b'.repeat(20_000));
  const later = collect(sender.tenantId, fits, async ({ key }) => ({
    key,
    title: 'Long',
    body: 'c'.repeat(20_000),
  }));

  expect(atStart).toEqual([
    {
      code: 'TOO_LONG',
      path: ['context', 'fileIds'],
      message: expect.stringContaining('"long.txt" has 90,000, the description has 20,000'),
    },
  ]);
  await expect(later).rejects.toMatchObject({
    code: 'SOURCE_TOO_LONG',
    isRetryable: false,
    message: expect.stringContaining('"long.txt" has 90,000, "A-1" has 20,011, the description has 15'),
  });
});

// Attack: an agent of another tenant, to have its description read into a design of one's own.
test('an item or an agent that is not there, or is of another tenant, ends the collection', async () => {
  const { tenantId } = intake.sender();
  const foreign = await addKnownAgent(intake.sender().tenantId);
  const archived = await addKnownAgent(tenantId, 'ARCHIVED');
  const sessions = [
    await give(tenantId, { agentIds: [foreign] }),
    await give(tenantId, { agentIds: [newId()] }),
    await give(tenantId, { agentIds: [archived] }),
    await give(tenantId, { items: [{ integrationId: newId(), key: 'A-1' }] }),
  ];

  const answers = await Promise.allSettled(sessions.map((session) => collect(tenantId, session)));

  expect(answers.map((answer) => (answer.status === 'rejected' ? answer.reason : null))).toMatchObject([
    { code: 'SOURCE_NOT_FOUND', isRetryable: true },
    { code: 'SOURCE_NOT_FOUND', isRetryable: true },
    { code: 'SOURCE_NOT_FOUND', isRetryable: true },
    { code: 'SOURCE_NOT_FOUND', isRetryable: false },
  ]);
});

test('what another service throws at the reading of an item is passed on', async () => {
  const { tenantId } = intake.sender();
  const session = await give(tenantId, { items: [{ integrationId: newId(), key: 'A-1' }] });

  const failing = collect(tenantId, session, () => Promise.reject(new Error('away')));

  await expect(failing).rejects.toThrow('away');
});
