/** The code of a design becomes a pull request: across the real services, at a GitHub that keeps what is made. */
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import {
  startGitHubServer,
  type GitHubServer,
  type Repository,
} from '../../../subgraphs/integrations/src/testkit/github-server.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';
import { codesOf, dataOf, type GraphQLAnswer } from '../../testkit/graphql.ts';
import { PATIENT_ROUTER, startWholePlatform, type TestPlatform } from '../../testkit/platform.ts';
import { createTenant, type TestTenant } from '../../testkit/tenant.ts';
import { until } from '../../testkit/wait.ts';
import { DESCRIPTION } from './design-service.ts';

/** A whole design, on two busy cores. */
const DESIGN_LIMIT_MS = 60_000;

const stack = new AsyncDisposableStack();
let database: TestDatabase;
let platform: TestPlatform;
let github: GitHubServer;
let tenant: TestTenant;
let designed: { readonly id: string; readonly artifacts: readonly { id: string; name: string }[] };

beforeAll(async () => {
  database = stack.use(await createTestDatabase());
  github = stack.use(await startGitHubServer());
  platform = stack.use(
    await startWholePlatform({
      database,
      env: { ...PATIENT_ROUTER, integrations: { OUTBOUND_ALLOW_HOSTS: github.host } },
    }),
  );
  tenant = await createTenant(platform.url('router'), database);
  designed = await design(tenant);
});
afterAll(() => stack.disposeAsync());

const PUSH = `mutation ($input: PushArtifactInput!) { pushArtifact(input: $input) {
  pullRequest { url number isNew branch fileCount } errors { code message path } } }`;

interface Pushed {
  readonly pullRequest: {
    readonly url: string;
    readonly number: number;
    readonly isNew: boolean;
    readonly branch: string;
    readonly fileCount: number;
  } | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly path: string[] }[];
}

async function design(whose: TestTenant): Promise<typeof designed> {
  const { startDesign } = await whose.get<{ startDesign: { session: { id: string } } }>(
    `mutation ($input: StartDesignInput!) { startDesign(input: $input) { session { id } errors { code } } }`,
    { input: { title: 'Claims', description: DESCRIPTION } },
  );
  const { id } = startDesign.session;
  return until(
    'the design has succeeded',
    async () => {
      const { designSession } = await whose.get<{
        designSession: { id: string; state: string; artifacts: { id: string; name: string }[] };
      }>('query ($id: ID!) { designSession(id: $id) { id state artifacts { id name } } }', { id });
      return designSession.state === 'SUCCEEDED' && designSession;
    },
    DESIGN_LIMIT_MS,
  );
}

async function connect(
  whose: TestTenant,
): Promise<{ integrationId: string; repository: Repository; name: string }> {
  const name = `acme/claims-${newId().slice(-12)}`;
  const repository = github.state.addRepository(name, {
    files: { 'README.md': '# Claims\n' },
    roles: { octocat: 'push' },
  });
  const token = github.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo'] });
  const answer = await whose.ask(
    'OWNER',
    `mutation ($input: CreateIntegrationInput!) {
      createIntegration(input: $input) { integration { id } errors { message } } }`,
    { input: { kind: 'GITHUB', name, baseUrl: github.url, credential: { token } } },
  );
  const { createIntegration } = dataOf<{ createIntegration: { integration: { id: string } } }>(answer);
  return { integrationId: createIntegration.integration.id, repository, name };
}

const tryPush = (
  input: object,
  role: 'EDITOR' | 'VIEWER' = 'EDITOR',
  whose = tenant,
): Promise<GraphQLAnswer> => whose.ask(role, PUSH, { input });

async function push(input: object): Promise<Pushed> {
  return dataOf<{ pushArtifact: Pushed }>(await tryPush(input)).pushArtifact;
}

test('the newest bundle of a session becomes a pull request, and is not doubled', async () => {
  const { integrationId, repository, name } = await connect(tenant);
  const input = { sessionId: designed.id, integrationId, repository: name };

  const first = await push(input);
  const again = await push(input);

  const { pullRequest } = first;
  const slug = designed.artifacts
    .find((artifact) => artifact.name.endsWith('.zip'))
    ?.name.replace('.zip', '');
  expect(first.errors).toEqual([]);
  expect(pullRequest).toMatchObject({
    isNew: true,
    branch: expect.stringMatching(/^flowgrid\/.+-[0-9a-f]{12}$/),
  });
  expect(pullRequest?.branch).toContain(slug);
  expect(again.pullRequest).toEqual({ ...pullRequest, isNew: false });
  expect(repository.pulls).toHaveLength(1);
  const branch = pullRequest?.branch ?? '';
  expect(repository.git.read(branch, `agents/${slug}/package.json`)).toMatch(/"name"/);
  expect(repository.git.filesOf(branch)?.size).toBe((pullRequest?.fileCount ?? 0) + 1);
  expect(repository.pulls[0]?.body).toContain(designed.id);
});

test('at the root the workflow is left out, and the branch is the chosen one', async () => {
  const { integrationId, repository, name } = await connect(tenant);

  const { pullRequest, errors } = await push({
    sessionId: designed.id,
    integrationId,
    repository: name,
    branch: 'agents/first',
    directory: '.',
  });

  expect(errors).toEqual([]);
  expect(pullRequest?.branch).toBe('agents/first');
  expect(repository.git.read('agents/first', 'package.json')).toMatch(/"name"/);
  expect(repository.git.read('agents/first', '.github/workflows/ci.yml')).toBeNull();
});

test('another file than a bundle is pushed as it is', async () => {
  const { integrationId, repository, name } = await connect(tenant);
  const model = designed.artifacts.find((artifact) => artifact.name.endsWith('.xml'));

  const { pullRequest } = await push({
    artifactId: model?.id,
    integrationId,
    repository: name,
    directory: 'docs',
  });

  expect(pullRequest?.fileCount).toBe(1);
  expect(repository.git.read(pullRequest?.branch ?? '', `docs/${model?.name}`)).toContain('<model');
});

test('it is told in the audit and as an event, in the name of who pushed; integrations tells it in the name of the job', async () => {
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  const { integrationId, name } = await connect(tenant);

  const { pullRequest } = await push({ sessionId: designed.id, integrationId, repository: name });

  const audited = async (schema: string, action: string): Promise<readonly unknown[]> => {
    const { rows } = await superuser.query(
      `SELECT actor_kind, actor_user_id, changes FROM ${schema}.audit_event
       WHERE action = $1 AND changes ->> 'url' = $2`,
      [action, pullRequest?.url],
    );
    return rows;
  };
  const ofDesign = await audited('design', 'design_session.pushed');
  const ofIntegrations = await audited('integrations', 'integration.pull_request_opened');
  await superuser.end();
  const userId = tenant.users.EDITOR.id;
  expect(ofDesign).toEqual([
    { actor_kind: 'USER', actor_user_id: userId, changes: expect.objectContaining({ integrationId }) },
  ]);
  expect(ofIntegrations).toEqual([
    {
      actor_kind: 'DESIGN_JOB',
      actor_user_id: userId,
      changes: expect.objectContaining({ repository: name }),
    },
  ]);
});

test.each([
  ['a repository that is none', { repository: 'claims' }, 'INVALID', ['repository']],
  ['a branch that is none', { branch: 'a..b' }, 'INVALID', ['branch']],
  ['a folder outside', { directory: '../other' }, 'INVALID', ['directory']],
  ['an agent that is none', { agent: 'nobody' }, 'INVALID', ['agent']],
  ['both an artifact and a session', { artifactId: newId() }, 'REQUIRED', ['artifactId']],
])('%s is said to be wrong', async (_what, more, code, path) => {
  const { integrationId, repository, name } = await connect(tenant);

  const { pullRequest, errors } = await push({
    sessionId: designed.id,
    integrationId,
    repository: name,
    ...more,
  });

  expect({ pullRequest, errors }).toMatchObject({ pullRequest: null, errors: [{ code, path }] });
  expect(repository.pulls).toEqual([]);
});

test('what GitHub refuses is said in its words for the tenant', async () => {
  const { integrationId, repository, name } = await connect(tenant);
  repository.isArchived = true;

  const answer = await tryPush({ sessionId: designed.id, integrationId, repository: name });

  expect(codesOf(answer)).toEqual(['CONFLICT']);
  expect(answer.errors[0]?.message).toBe('The repository is archived: nothing in it can change.');
});

test('whoever may only look may not push', async () => {
  const { integrationId, repository, name } = await connect(tenant);

  const answer = await tryPush({ sessionId: designed.id, integrationId, repository: name }, 'VIEWER');

  expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  expect(repository.pulls).toEqual([]);
});

// Attacks: the code of another tenant goes to a repository of one's own, or one's code through the connection of another.
test('neither a session nor an integration of another tenant is there', async () => {
  const stranger = await createTenant(platform.url('router'), database);
  const own = await connect(stranger);
  const theirs = await connect(tenant);
  const strangers = await design(stranger);

  const answers = [
    await tryPush(
      { sessionId: designed.id, integrationId: own.integrationId, repository: own.name },
      'EDITOR',
      stranger,
    ),
    await tryPush(
      { artifactId: designed.artifacts[0]?.id, integrationId: own.integrationId, repository: own.name },
      'EDITOR',
      stranger,
    ),
    await tryPush(
      { sessionId: strangers.id, integrationId: theirs.integrationId, repository: theirs.name },
      'EDITOR',
      stranger,
    ),
  ];

  expect(answers.map(codesOf)).toEqual([['NOT_FOUND'], ['NOT_FOUND'], ['NOT_FOUND']]);
  expect([...own.repository.pulls, ...theirs.repository.pulls]).toEqual([]);
});
