import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { codesOf, dataOf, postGraphQL } from '../../testkit/graphql.ts';
import { until } from '../../testkit/wait.ts';
import { createDesignTenant, DESCRIPTION, startDesignService, type DesignService } from './design-service.ts';

let service: DesignService;

beforeAll(async () => {
  service = await startDesignService();
  await service.platform.start('design-worker');
});
afterAll(() => service[Symbol.asyncDispose]());

const START = `mutation Start($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code path } } }`;
const BY_ID = (mutation: string): string => `mutation Run($id: ID!) {
  ${mutation}(input: { sessionId: $id }) { session { id state } errors { code } } }`;

interface StartAnswer {
  startDesign: { session: { id: string } | null; errors: { code: string; path: string[] }[] };
}

test('a description becomes an agent with code and an ArchiMate model, with an event for every phase', async () => {
  const tenant = await createDesignTenant(service);

  const session = await tenant.design();

  expect(
    session.events.map(({ sequence, phase, state, percent }) => [sequence, phase, state, percent]),
  ).toEqual([
    [1, 'CONTEXT', 'QUEUED', 0],
    [2, 'CONTEXT', 'RUNNING', 0],
    [3, 'CONTEXT', 'RUNNING', 10],
    [4, 'ANALYSIS', 'RUNNING', 40],
    [5, 'DESIGN', 'RUNNING', 60],
    [6, 'VALIDATION', 'RUNNING', 70],
    [7, 'CODE', 'RUNNING', 85],
    [8, 'MODEL', 'RUNNING', 95],
    [9, 'DONE', 'SUCCEEDED', 100],
  ]);
  expect(session.events[3]?.message).toMatch(/^\d+ activities, \d+ actors?, /);
  expect(session.processModel?.activities.length).toBeGreaterThan(3);
  expect(session.definition?.instructions).not.toBe('');
  expect(session.agent).toBeNull();
  expect(session.artifacts.map(({ mediaType }) => mediaType).toSorted()).toEqual([
    'application/json',
    'application/xml',
    'application/zip',
  ]);
  const { archimateModel } = dataOf<{ archimateModel: { xml: string } }>(
    await tenant.ask('query($id: ID!) { archimateModel(sessionId: $id) { sessionId name xml } }', {
      id: session.id,
    }),
  );
  expect(archimateModel.xml).toContain('<element ');
});

test('an artifact is downloaded by its link, and no other link opens it', async () => {
  const tenant = await createDesignTenant(service);
  const { artifacts } = await tenant.design();
  const zip = artifacts.find(({ mediaType }) => mediaType === 'application/zip');
  // Links are under the public address; here the service is asked directly.
  const link = new URL(zip?.url ?? '');
  const here = new URL(`${link.pathname}${link.search}`, service.url);

  const response = await fetch(here);
  const bytes = Buffer.from(await response.arrayBuffer());

  expect(response.status).toBe(200);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(zip?.sha256);
  expect(bytes.byteLength).toBe(zip?.size);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/zip',
    'content-disposition': `attachment; filename="${zip?.name}"`,
    'x-content-type-options': 'nosniff',
    etag: `"${zip?.sha256}"`,
  });
  const again = await fetch(here, { headers: { 'if-none-match': `"${zip?.sha256}"` } });
  expect(again.status).toBe(304);
  // Attacks: another tenant's id, a longer life, another file, a guessed signature, no signature.
  const changes: [string, string | null][] = [
    ['tenant', newId()],
    ['expires', `${Number(here.searchParams.get('expires')) + 60_000}`],
    ['signature', 'A'.repeat(43)],
    ['signature', null],
  ];
  const forged = changes.map(([name, value]) => {
    const url = new URL(here);
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    return url;
  });
  forged.push(new URL(here.href.replace(zip?.id ?? '', newId())));
  const answers = await Promise.all(forged.map((url) => fetch(url)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
  expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
});

test('an artifact is downloaded with a context token instead of a signature, in its own tenant only', async () => {
  const tenant = await createDesignTenant(service);
  const [artifact] = (await tenant.design()).artifacts;
  const open = (authorization: string, query = ''): Promise<Response> =>
    fetch(new URL(`/artifacts/${artifact?.id}${query}`, service.url), { headers: { authorization } });
  const foreign = await createDesignTenant(service);
  const elsewhere = await service.issuer.signFor('OWNER', { tenantId: tenant.tenantId, audience: 'agents' });

  const own = await open(`Bearer ${tenant.token}`);

  expect(own.status).toBe(200);
  const bytes = Buffer.from(await own.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifact?.sha256);
  // Attacks: another tenant, a token for another service, nonsense; a wrong signature beside a good token.
  const refused = [
    await open(`Bearer ${foreign.token}`),
    await open(`Bearer ${elsewhere}`),
    await open('Bearer nonsense'),
    await open(`Bearer ${tenant.token}`, '?signature=AAAA'),
  ];
  expect(refused.map(({ status }) => status)).toEqual([404, 401, 401, 404]);
});

test.each([
  ['empty', { description: '  ' }, ['REQUIRED description']],
  ['200 kB', { description: 'The clerk checks the claim. '.repeat(7_200) }, ['TOO_LONG description']],
  ['binary', { description: `PK\u0003\u0004\0\0${'\u0001'.repeat(50)}` }, ['INVALID description']],
  [
    'German',
    {
      description: 'Der Kunde sendet eine Rechnung und der Sachbearbeiter prüft sie, dann wird sie bezahlt.',
    },
    ['LANGUAGE_UNSUPPORTED description'],
  ],
  ['without a title', { title: ' ' }, ['REQUIRED title']],
  ['with a long title', { title: 'x'.repeat(201) }, ['TOO_LONG title']],
  ['wrong in two ways', { title: '', description: '' }, ['REQUIRED title', 'REQUIRED description']],
  ['with a malformed id', { id: 'mine' }, ['INVALID id']],
])('input that is %s is refused in the payload', async (_name, input, expected) => {
  const tenant = await createDesignTenant(service);

  const { startDesign } = dataOf<StartAnswer>(
    await tenant.ask(START, { input: { title: 'Claims', description: DESCRIPTION, ...input } }),
  );

  expect(startDesign.session).toBeNull();
  expect(startDesign.errors.map(({ code, path }) => `${code} ${path.join('.')}`)).toEqual(expected);
});

test('a repeated start with the same id starts nothing twice', async () => {
  const tenant = await createDesignTenant(service);
  const id = newId();

  const ids = await Promise.all([tenant.start({ id }), tenant.start({ id }), tenant.start({ id })]);
  const other = await tenant.ask(START, { input: { id, title: 'Other', description: DESCRIPTION } });

  expect(ids).toEqual([id, id, id]);
  expect(codesOf(other)).toEqual(['CONFLICT']);
  const session = await tenant.reaches(id, 'SUCCEEDED');
  expect(session.events).toHaveLength(9);
});

test('a description without any work fails, and keeps what was understood', async () => {
  const tenant = await createDesignTenant(service);

  const id = await tenant.start({
    description: 'The weather is nice and the sky is blue over the old town.',
  });
  const session = await tenant.reaches(id, 'FAILED');

  expect(session.failure).toMatchObject({ phase: 'ANALYSIS', code: 'NO_PROCESS', retryable: false });
  expect(session.processModel).toEqual({ activities: [] });
  expect(session.events.at(-1)).toMatchObject({ sequence: 4, state: 'FAILED', percent: 10 });
});

test('a session waits for review, is followed meanwhile, and goes on when it is approved', async () => {
  const tenant = await createDesignTenant(service);
  const id = await tenant.start({ reviewProcess: true });
  await using following = tenant.follow(id);
  const waiting = await tenant.reaches(id, 'AWAITING_REVIEW');
  await until('the review is announced', () => following.events.at(-1)?.state === 'AWAITING_REVIEW');
  const wasOver = following.isOver();

  dataOf(await tenant.ask(BY_ID('approveProcessModel'), { id }));
  await following.ended;

  expect(waiting.processModel).not.toBeNull();
  expect(wasOver).toBe(false);
  expect(following.errors).toEqual([]);
  expect(following.events.map(({ sequence }) => sequence)).toEqual(
    following.events.map((_event, at) => at + 1),
  );
  expect(following.events.at(-1)).toMatchObject({ state: 'SUCCEEDED', percent: 100 });
  const analyses = following.events.filter(
    ({ phase, message }) => phase === 'ANALYSIS' && /activit/.test(message),
  );
  expect(analyses).toHaveLength(1);
  const repeated = dataOf<{ approveProcessModel: { session: unknown } }>(
    await tenant.ask(BY_ID('approveProcessModel'), { id }),
  );
  expect(repeated.approveProcessModel.session).toEqual({ id, state: 'SUCCEEDED' });
});

test('a finished session is neither cancelled, retried nor approved', async () => {
  const tenant = await createDesignTenant(service);
  const { id } = await tenant.design();

  const answers = await Promise.all(
    ['cancelDesign', 'retryDesign', 'approveProcessModel'].map((mutation) =>
      tenant.ask(BY_ID(mutation), { id }),
    ),
  );

  expect(answers.map(codesOf)).toEqual([['CONFLICT'], ['CONFLICT'], ['CONFLICT']]);
});

// Attack: use the id of another tenant's session wherever an id is taken.
test('the ids of another tenant are not found anywhere', async () => {
  const owner = await createDesignTenant(service);
  const { id } = await owner.design();
  const stranger = await createDesignTenant(service);

  for (const foreign of [id, newId(), 'no-id']) {
    const read = await stranger.ask(
      `query($id: ID!) { designSession(id: $id) { id } archimateModel(sessionId: $id) { xml }
        _entities(representations: [{ __typename: "DesignSession", id: $id }]) { __typename } }`.replace(
        '[{ __typename: "DesignSession", id: $id }]',
        JSON.stringify([{ __typename: 'DesignSession', id: foreign }]).replaceAll(/"(\w+)":/g, '$1:'),
      ),
      { id: foreign },
    );
    expect(dataOf(read)).toEqual({ designSession: null, archimateModel: null, _entities: [null] });
    for (const mutation of ['cancelDesign', 'retryDesign', 'approveProcessModel', 'acceptDesign']) {
      expect(codesOf(await stranger.ask(BY_ID(mutation), { id: foreign }))).toEqual(['NOT_FOUND']);
    }
    await using following = stranger.follow(foreign);
    await following.ended;
    expect(following.errors.map((error) => error.extensions?.code)).toEqual(['NOT_FOUND']);
  }
  expect((await stranger.ask('{ designSessions { edges { node { id } } } }')).data).toEqual({
    designSessions: { edges: [] },
  });
});

test('who may only read reads, and starts nothing', async () => {
  const editor = await createDesignTenant(service);
  const { id } = await editor.design();
  const viewer = await createDesignTenant(service, { role: 'VIEWER', tenantId: editor.tenantId });

  const read = await viewer.session(id);
  const refused = await Promise.all([
    viewer.ask(START, { input: { title: 'Claims', description: DESCRIPTION } }),
    viewer.ask(BY_ID('cancelDesign'), { id }),
    viewer.ask(BY_ID('acceptDesign'), { id }),
    viewer.ask('{ analyzeProcess(text: "The clerk checks the claim.") { revision } }'),
  ]);

  expect(read.id).toBe(id);
  expect(refused.map(codesOf)).toEqual([['FORBIDDEN'], ['FORBIDDEN'], ['FORBIDDEN'], ['FORBIDDEN']]);
});

test('sessions are listed newest first, in pages, by state and by agent', async () => {
  const tenant = await createDesignTenant(service);
  const first = await tenant.start();
  const second = await tenant.start({ agentId: newId() });
  await tenant.reaches(first, 'SUCCEEDED');
  const failed = await tenant.reaches(second, 'FAILED');

  interface Page {
    edges: { node: { id: string } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  }
  const page = async (variables: object): Promise<Page> => {
    const query = `query($first: Int, $after: String, $state: DesignState) {
      designSessions(first: $first, after: $after, state: $state) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`;
    return dataOf<{ designSessions: Page }>(await tenant.ask(query, { ...variables })).designSessions;
  };
  const newest = await page({ first: 1 });
  const older = await page({ first: 1, after: newest.pageInfo.endCursor });

  expect([...newest.edges, ...older.edges].map(({ node }) => node.id)).toEqual([second, first]);
  expect([newest.pageInfo.hasNextPage, older.pageInfo.hasNextPage]).toEqual([true, false]);
  expect((await page({ state: 'FAILED' })).edges.map(({ node }) => node.id)).toEqual([second]);
  expect(failed.failure?.code).toBe('AGENT_NOT_FOUND');
  const ofAgent = await tenant.ask(
    `query($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Agent { id designSessions { edges { node { id } } } } } }`,
    { representations: [{ __typename: 'Agent', id: failed.agent?.id }] },
  );
  expect(dataOf(ofAgent)).toEqual({
    _entities: [{ id: failed.agent?.id, designSessions: { edges: [{ node: { id: second } }] } }],
  });
  for (const bad of [{ first: 0 }, { first: 100_000 }, { after: 'nonsense' }]) {
    const query =
      'query($first: Int, $after: String) { designSessions(first: $first, after: $after) { edges { cursor } } }';
    expect(codesOf(await tenant.ask(query, bad))).toEqual(['BAD_USER_INPUT']);
  }
});

test('a text is analysed at once, within limits', async () => {
  const tenant = await createDesignTenant(service);
  const query =
    'query($text: String!) { analyzeProcess(text: $text) { revision actors { name span { start end } } } }';

  const answer = await tenant.ask(query, { text: DESCRIPTION });
  const refused = await Promise.all([
    tenant.ask(query, { text: 'word '.repeat(2_001) }),
    tenant.ask(query, { text: '' }),
  ]);

  const { analyzeProcess } = dataOf<{
    analyzeProcess: { actors: { name: string; span: { start: number; end: number } }[] };
  }>(answer);
  expect(analyzeProcess.actors.length).toBeGreaterThan(1);
  expect(refused.map(codesOf)).toEqual([['BAD_USER_INPUT'], ['BAD_USER_INPUT']]);
});

test('nobody is answered without a context token of this service', async () => {
  const token = await service.issuer.signFor('OWNER', { tenantId: newId(), audience: 'agents' });

  const answers = await Promise.all([
    postGraphQL(service.url, { query: '{ __typename }' }),
    postGraphQL(service.url, { query: '{ _service { sdl } }' }, token),
  ]);

  expect(answers.map(({ status }) => status)).toEqual([401, 401]);
});
