/** Imported models in the database: what is kept, who sees it, and what is told of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { listAudit, listEvents } from '../../../testkit/outbox.ts';
import { element, exchangeOf, openArchimateBench, relationship, requestOf } from './bench.ts';

let bench: Awaited<ReturnType<typeof openArchimateBench>>;

beforeAll(async () => {
  bench = await openArchimateBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const MODEL = exchangeOf(
  [
    element('id-clerk', 'BusinessRole', 'Claims clerk'),
    element('id-app', 'ApplicationComponent', 'Claims 100% app'),
    element('id-process', 'BusinessProcess', 'Handle claims'),
  ].join(''),
  [
    relationship('id-r1', 'Assignment', ['id-clerk', 'id-process']),
    relationship('id-r2', 'Assignment', ['id-app', 'id-process']),
  ].join(''),
);

const importModel = (request = requestOf(), name = 'Landscape') =>
  bench.imports.import(request, { name, content: MODEL });

const namesOf = ({ edges }: { edges: readonly { node: { name: string } }[] }): string[] =>
  edges.map(({ node }) => node.name);

test('a model with warnings is imported, with its findings', async () => {
  const request = requestOf();

  const imported = await importModel(request);

  expect(imported).toMatchObject({
    name: 'Landscape',
    format: 'EXCHANGE',
    elementCount: 3,
    relationshipCount: 2,
    viewCount: 0,
    findingCount: 1,
    createdByUserId: request.viewer.actor.userId,
  });
  expect(imported.findings).toEqual([
    {
      severity: 'WARNING',
      code: 'RELATIONSHIP_NOT_ALLOWED',
      elementId: 'id-r2',
      elementName: 'Claims 100% app → Handle claims',
      rule: 'Relationships are as the matrix of ArchiMate 3.2 allows.',
      message: 'Assignment is not allowed from ApplicationComponent to BusinessProcess.',
      mend: 'Allowed from ApplicationComponent to BusinessProcess: Realization, Serving, Triggering, Flow, Association.',
    },
  ]);
  expect((await bench.imports.findMany(request, [imported.id])).get(imported.id)).toEqual(imported);
});

test('a model without a clear meaning is refused, and nothing is kept of it', async () => {
  const request = requestOf();
  const content = exchangeOf(
    element('id-a', 'BusinessRole') + element('id-a', 'BusinessActor'),
    relationship('id-r', 'Assignment', ['id-a', 'id-gone']),
  );

  const refused = await bench.imports
    .import(request, { name: 'Broken', content })
    .catch((error: unknown) => error);

  expect(refused).toMatchObject({
    errors: [
      { code: 'DUPLICATE_IDENTIFIER', path: ['content'] },
      { code: 'DANGLING_RELATIONSHIP', path: ['content'] },
    ],
  });
  expect((await bench.imports.list(request, {})).edges).toEqual([]);
});

test('a check says the same and keeps nothing', async () => {
  const viewer = requestOf({ role: 'VIEWER' });

  const findings = await bench.imports.validate(viewer, { content: MODEL });

  expect(findings.map(({ code }) => code)).toEqual(['RELATIONSHIP_NOT_ALLOWED']);
  expect((await bench.imports.list(viewer, {})).edges).toEqual([]);
});

test.each([
  [{}, 'REQUIRED', 'content'],
  [{ content: MODEL, uploadId: newId() }, 'INVALID', 'content'],
  [{ uploadId: newId() }, 'NOT_FOUND', 'uploadId'],
  [{ uploadId: 'x' }, 'NOT_FOUND', 'uploadId'],
  [{ content: `${MODEL}${' '.repeat(900_000)}` }, 'TOO_LONG', 'content'],
  [{ content: '<a><b></a>' }, 'NOT_WELL_FORMED', 'content'],
  [{ content: '{"elements": []}' }, 'NOT_WELL_FORMED', 'content'],
  [{ content: '<bpmn/>' }, 'NOT_ARCHIMATE', 'content'],
])('the file %.40j is refused', async (file, code, field) => {
  const answer = await bench.imports.validate(requestOf(), file).catch((error: unknown) => error);

  expect(answer).toMatchObject({ errors: [{ code, path: [field] }] });
});

test('elements are listed in the order of the file, by page, text and type', async () => {
  const request = requestOf();
  const { id } = await importModel(request);

  const first = await bench.imports.listElements(request, id, { first: 2 });
  const second = await bench.imports.listElements(request, id, { first: 2, after: first.pageInfo.endCursor });
  const claims = await bench.imports.listElements(request, id, { search: 'CLAIMS ' });
  const percent = await bench.imports.listElements(request, id, { search: '0%' });
  const anything = await bench.imports.listElements(request, id, { search: '%' });
  const roles = await bench.imports.listElements(request, id, { type: 'BusinessRole' });

  expect(namesOf(first)).toEqual(['Claims clerk', 'Claims 100% app']);
  expect(first.pageInfo.hasNextPage).toBe(true);
  expect(namesOf(second)).toEqual(['Handle claims']);
  expect(namesOf(claims)).toEqual(['Claims clerk', 'Claims 100% app', 'Handle claims']);
  expect(namesOf(percent)).toEqual(['Claims 100% app']);
  expect(namesOf(anything)).toEqual(['Claims 100% app']);
  expect(namesOf(roles)).toEqual(['Claims clerk']);
});

test('imports are listed newest first, page by page', async () => {
  const request = requestOf();
  for (const name of ['one', 'two', 'three']) await importModel(request, name);

  const first = await bench.imports.list(request, { first: 2 });
  const second = await bench.imports.list(request, { first: 2, after: first.pageInfo.endCursor });

  expect([namesOf(first), namesOf(second)]).toEqual([['three', 'two'], ['one']]);
});

test('an upload is imported like text', async () => {
  const request = requestOf();
  const uploadId = newId();
  const { tenantId } = request.viewer;
  await bench.rows(
    `WITH content AS (
       INSERT INTO design.upload_content (tenant_id, sha256, content, last_used_at)
       VALUES ($1, repeat('a', 64), $3, now()) RETURNING tenant_id)
     INSERT INTO design.upload (tenant_id, id, name, media_type, size, sha256, kind, characters, warnings, created_at)
     SELECT tenant_id, $2, 'model.xml', 'application/xml', 1, repeat('a', 64), 'ARCHIMATE', 0, '[]', now() FROM content`,
    [tenantId, uploadId, Buffer.from(MODEL)],
  );

  const imported = await bench.imports.import(request, { name: 'Uploaded', uploadId });
  const foreign = await bench.imports
    .import(requestOf(), { name: 'Stolen', uploadId })
    .catch((error: unknown) => error);

  expect(imported.elementCount).toBe(3);
  // Attack: import another tenant's file by its id.
  expect(foreign).toMatchObject({ errors: [{ code: 'NOT_FOUND', path: ['uploadId'] }] });
});

test('an element stands for an agent once, however often it is said', async () => {
  const request = requestOf();
  const { id } = await importModel(request);
  const agentId = newId();
  const input = { importId: id, elementId: 'id-app', agentId: agentId.toUpperCase() };

  await bench.links.link(request, input);
  await bench.links.link(request, input);
  const ofAgent = await bench.imports.linksOfAgents(request, [agentId]);
  const ofModel = await bench.imports.linksOfModels(request, [id]);
  await bench.links.unlink(request, input);
  await bench.links.unlink(request, input);

  expect(ofModel.get(id)).toEqual([
    {
      importId: id,
      agentId,
      element: { id: 'id-app', type: 'ApplicationComponent', name: 'Claims 100% app', documentation: '' },
      linkedAt: expect.any(Date),
    },
  ]);
  expect(ofAgent.get(agentId)).toEqual(ofModel.get(id));
  expect((await bench.imports.linksOfModels(request, [id])).size).toBe(0);
});

test.each([
  [{ elementId: 'id-gone' }, 'elementId'],
  [{ elementId: '__proto__' }, 'elementId'],
  [{ agentId: 'nobody' }, 'agentId'],
])('a link of %j is refused', async (part, field) => {
  const request = requestOf();
  const { id } = await importModel(request);
  const input = { importId: id, elementId: 'id-app', agentId: newId(), ...part };

  const answer = await bench.links.link(request, input).catch((error: unknown) => error);

  expect(answer).toMatchObject({ errors: [{ path: [field] }] });
});

test('a deleted import is gone with its elements and links', async () => {
  const request = requestOf();
  const { id } = await importModel(request);
  await bench.links.link(request, { importId: id, elementId: 'id-app', agentId: newId() });

  await bench.imports.delete(request, id);

  const left = await bench.rows(
    `SELECT (SELECT count(*) FROM design.archimate_model WHERE tenant_id = $1)::int AS models,
            (SELECT count(*) FROM design.archimate_element WHERE tenant_id = $1)::int AS elements,
            (SELECT count(*) FROM design.archimate_link WHERE tenant_id = $1)::int AS links`,
    [request.viewer.tenantId],
  );
  expect(left).toEqual([{ models: 0, elements: 0, links: 0 }]);
  await expect(bench.imports.delete(request, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

/** A session whose model is the given one, made from nothing else. */
async function addSession(tenantId: string, xml: string, agentId: string): Promise<string> {
  const id = newId();
  const content = Buffer.from(xml);
  await bench.rows(
    `WITH session AS (
       INSERT INTO design.design_session (tenant_id, id, title, description, target, review_process, is_redesign, state, phase,
         percent, last_sequence, created_at, updated_at)
       VALUES ($1, $2, 'Claims', 'Text', 'CLAUDE_AGENT_SDK', false, false, 'SUCCEEDED', 'DONE', 100, 1, now(), now())
       RETURNING tenant_id, id
     ), agent AS (
       INSERT INTO design.designed_agent (tenant_id, session_id, key, agent_id, created_at)
       SELECT tenant_id, id, 'robot', $4, now() FROM session
     ), bytes AS (
       INSERT INTO design.artifact_content (tenant_id, sha256, content) VALUES ($1, repeat('b', 64), $3) RETURNING sha256
     )
     INSERT INTO design.design_artifact (tenant_id, id, session_id, revision, kind, name, media_type, size, sha256, created_at)
     SELECT session.tenant_id, gen_random_uuid(), session.id, 1, 'ARCHIMATE', 'm.xml', 'application/xml', 1, sha256, now()
     FROM session, bytes`,
    [tenantId, id, content, agentId],
  );
  return id;
}

test('a delta says what a session adds to an import, changes and leaves, for its own tenant alone', async () => {
  const request = requestOf();
  const { id: importId } = await importModel(request);
  const agentId = newId();
  const robot = `<element identifier="id-new" xsi:type="ApplicationComponent"><name>Robot</name>
    <properties><property propertyDefinitionRef="id-x-property-agent"><value>robot</value></property></properties></element>`;
  const xml = exchangeOf(
    robot + element('id-role', 'BusinessRole', 'claims CLERK') + element('id-goal', 'Goal', 'Speed'),
    relationship('id-g', 'Association', ['id-new', 'id-goal']),
  );
  const sessionId = await addSession(request.viewer.tenantId, xml, agentId);
  await bench.links.link(request, { importId, elementId: 'id-app', agentId });

  const delta = await bench.deltas.find(request, { importId, sessionId });
  const foreign = await bench.deltas.find(requestOf(), { importId, sessionId });
  const unknown = await bench.deltas.find(request, { importId, sessionId: newId() });

  expect(delta).toMatchObject({
    addedElements: [{ id: 'id-goal', type: 'Goal' }],
    changedElements: [
      {
        element: { id: 'id-app' },
        matchedBy: 'LINK',
        changes: [{ field: 'name', before: 'Claims 100% app', after: 'Robot' }],
      },
    ],
    unchangedElements: [{ id: 'id-clerk' }],
    leftElementCount: 1,
    addedRelationships: [
      { type: 'Association', sourceId: 'id-app', sourceName: 'Robot', targetId: 'id-goal' },
    ],
    leftRelationshipCount: 2,
  });
  expect(delta?.xml).toContain('identifier="id-goal"');
  expect([foreign, unknown]).toEqual([null, null]);
});

test('every change writes one audit row and one event with the same id', async () => {
  const request = requestOf();
  const { id } = await importModel(request);
  const input = { importId: id, elementId: 'id-app', agentId: newId() };
  await bench.links.link(request, input);
  await bench.links.link(request, input);
  await bench.links.unlink(request, input);
  await bench.imports.delete(request, id);
  const { tenantId } = request.viewer;

  const events = await listEvents(bench.rows, 'design', tenantId);

  expect(events.map(({ type }) => type)).toEqual([
    'archimate_model.imported',
    'archimate_model.linked',
    'archimate_model.unlinked',
    'archimate_model.deleted',
  ]);
  expect(events[1]).toMatchObject({ subject: id, data: { model: { id }, elementId: 'id-app' } });
  expect(events.map(({ id: eventId, type }) => ({ id: eventId, action: type }))).toEqual(
    await listAudit(bench.rows, 'design', tenantId),
  );
});

// Attack: use the ids of another tenant.
test('the import of another tenant is answered like one that does not exist', async () => {
  const owner = requestOf();
  const { id } = await importModel(owner);
  const stranger = requestOf();
  const link = { elementId: 'id-app', agentId: newId() };

  const answers = [
    await bench.imports.findMany(stranger, [id]),
    (await bench.imports.listElements(stranger, id, {})).edges,
    await bench.imports.linksOfModels(stranger, [id]),
    await bench.imports.delete(stranger, id).catch((error: unknown) => error),
    await bench.links.link(stranger, { importId: id, ...link }).catch((error: unknown) => error),
    await bench.links.unlink(stranger, { importId: id, ...link }).catch((error: unknown) => error),
  ];

  expect(answers).toEqual([
    new Map(),
    [],
    new Map(),
    expect.objectContaining({ code: 'NOT_FOUND' }),
    expect.objectContaining({ code: 'NOT_FOUND' }),
    expect.objectContaining({ code: 'NOT_FOUND' }),
  ]);
});

test('who may only read imports and links nothing', async () => {
  const owner = requestOf();
  const { id } = await importModel(owner);
  const viewer = requestOf({ tenantId: owner.viewer.tenantId, role: 'VIEWER' });

  const answers = await Promise.allSettled([
    importModel(viewer),
    bench.imports.delete(viewer, id),
    bench.links.link(viewer, { importId: id, elementId: 'id-app', agentId: newId() }),
  ]);

  expect(answers.map((answer) => answer.status === 'rejected' && answer.reason)).toEqual(
    answers.map(() => expect.objectContaining({ code: 'FORBIDDEN' })),
  );
  expect((await bench.imports.findMany(viewer, [id])).size).toBe(1);
});
