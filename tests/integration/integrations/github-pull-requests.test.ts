/** Pull requests through the service, at a GitHub that keeps what is made. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import type { Repository } from '../../../subgraphs/integrations/src/testkit/github-server.ts';
import { codesOf, dataOf } from '../../testkit/graphql.ts';
import { holdOutbox, listAudit, listEvents } from '../../testkit/outbox.ts';
import { CREATE, type Payload } from './operations.ts';
import { startIntegrations, type IntegrationsService, type TestTenant } from './service.ts';

let service: IntegrationsService;

beforeAll(async () => {
  service = await startIntegrations();
  await holdOutbox(service.rows, 'integrations');
});
afterAll(() => service[Symbol.asyncDispose]());

const PROPOSE = `mutation ($input: CreatePullRequestInput!) {
  createPullRequest(input: $input) { pullRequest { url number isNew } errors { code message path } }
}`;

interface Proposed {
  readonly pullRequest: { readonly url: string; readonly number: number; readonly isNew: boolean } | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly path: string[] }[];
}

interface Connected {
  readonly tenant: TestTenant;
  readonly integrationId: string;
  readonly repository: Repository;
  readonly name: string;
}

async function connect(scopes = ['repo']): Promise<Connected> {
  const tenant = await service.tenant();
  const { state } = service.vendor.github;
  const name = `acme/claims-${tenant.id}`;
  const repository = state.addRepository(name, {
    files: { 'README.md': '# Claims\n' },
    roles: { octocat: 'admin' },
  });
  const token = state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes });
  const baseUrl = `${service.vendor.url}/base`;
  const input = { kind: 'GITHUB', name: 'Code', baseUrl, credential: { token } };
  const { integration } = dataOf<{ result: Payload }>(await tenant.owner(CREATE, { input })).result;
  if (!integration) throw new Error('there is no integration');
  return { tenant, integrationId: integration.id, repository, name };
}

const draft = ({ integrationId, name }: Connected, more: object = {}): object => ({
  integrationId,
  repository: name,
  branch: 'flowgrid/claims',
  title: 'Add the claims agent',
  body: 'Made by a design.',
  files: [
    { path: 'agent/README.md', content: '# Agent\n' },
    { path: 'agent/src/main.ts', content: "console.log('ä');\n" },
  ],
  ...more,
});

async function propose(connected: Connected, more: object = {}): Promise<Proposed> {
  const answer = await connected.tenant.owner(PROPOSE, { input: draft(connected, more) });
  return dataOf<{ createPullRequest: Proposed }>(answer).createPullRequest;
}

test('files become one commit on a branch of their own, and a pull request', async () => {
  const connected = await connect();
  const { repository, name } = connected;

  const { pullRequest, errors } = await propose(connected);

  expect(errors).toEqual([]);
  expect(pullRequest).toEqual({
    url: `https://github.com/${name}/pull/${pullRequest?.number}`,
    number: expect.any(Number),
    isNew: true,
  });
  expect(repository.git.read('flowgrid/claims', 'agent/src/main.ts')).toBe("console.log('ä');\n");
  expect(repository.git.read('flowgrid/claims', 'README.md')).toBe('# Claims\n');
  expect(repository.git.filesOf('main')?.size).toBe(1);
  expect(repository.pulls).toMatchObject([{ head: 'flowgrid/claims', base: 'main', state: 'open' }]);
});

test('the same again is the pull request that is open, without another commit', async () => {
  const connected = await connect();
  const first = await propose(connected);
  const head = connected.repository.git.branches.get('flowgrid/claims');

  const second = await propose(connected);

  expect(second.pullRequest).toEqual({ ...first.pullRequest, isNew: false });
  expect(connected.repository.git.branches.get('flowgrid/claims')).toBe(head);
  expect(connected.repository.pulls).toHaveLength(1);
});

test('it is told in the audit and as an event, without the files', async () => {
  const connected = await connect();
  const { tenant, integrationId, name } = connected;

  const { pullRequest } = await propose(connected);

  const events = await listEvents(service.rows, 'integrations', tenant.id);
  expect(events.at(-1)).toMatchObject({
    type: 'integration.pull_request_opened',
    subject: integrationId,
    data: {
      integration: { id: integrationId },
      pullRequest: { repository: name, branch: 'flowgrid/claims', fileCount: 2, ...pullRequest },
    },
  });
  expect(JSON.stringify(events)).not.toContain('console.log');
  const pairs = events.map(({ id, type }) => ({ id, action: type }));
  expect(pairs).toEqual(await listAudit(service.rows, 'integrations', tenant.id));
});

test.each([
  ['a path out of the repository', { files: [{ path: '../x', content: '' }] }, ['files']],
  ['a hook of git', { files: [{ path: '.git/hooks/pre-commit', content: '' }] }, ['files']],
  ['a workflow', { files: [{ path: '.github/workflows/x.yml', content: '' }] }, ['files']],
  ['no files', { files: [] }, ['files']],
  ['too many bytes', { files: [{ path: 'x', content: 'x'.repeat(2 * 1024 * 1024 + 1) }] }, ['files']],
  ['a branch that is none', { branch: 'a..b' }, ['branch']],
  ['its own base', { branch: 'main', baseBranch: 'main' }, ['branch']],
  ['a repository that is none', { repository: '../../user' }, ['repository']],
  ['no title', { title: ' ' }, ['title']],
])('%s is said to be wrong before anything is asked', async (_what, more, path) => {
  const connected = await connect();
  const before = service.vendor.github.requests.length;

  const { pullRequest, errors } = await propose(connected, more);

  expect({ pullRequest, paths: errors.map((error) => error.path) }).toEqual({
    pullRequest: null,
    paths: [path],
  });
  expect(service.vendor.github.requests.length).toBe(before);
});

test('a branch of somebody else is left alone', async () => {
  const connected = await connect();
  const head = connected.repository.git.push('flowgrid/claims', { 'theirs.txt': 'theirs' });

  const answer = await connected.tenant.owner(PROPOSE, { input: draft(connected) });

  expect(codesOf(answer)).toEqual(['CONFLICT']);
  expect(answer.errors?.[0]?.message).toMatch(/not made by Flowgrid/);
  expect(connected.repository.git.branches.get('flowgrid/claims')).toBe(head);
});

test('a token without the right changes nothing', async () => {
  const connected = await connect(['read:org']);

  const answer = await connected.tenant.owner(PROPOSE, { input: draft(connected) });

  expect(codesOf(answer)).toEqual(['CONFLICT']);
  expect(connected.repository.pulls).toEqual([]);
});

test('whoever may only look may not propose', async () => {
  const connected = await connect();

  const answer = await connected.tenant.viewer(PROPOSE, { input: draft(connected) });

  expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  expect(connected.repository.pulls).toEqual([]);
});

// Attack: another tenant uses the connection by its id.
test('a connection of another tenant is not there', async () => {
  const connected = await connect();
  const stranger = await service.tenant();

  const foreign = await stranger.owner(PROPOSE, { input: draft(connected) });
  const unknown = await stranger.owner(PROPOSE, {
    input: draft({ ...connected, integrationId: newId() }),
  });

  expect(foreign).toEqual(unknown);
  expect(codesOf(foreign)).toEqual(['NOT_FOUND']);
  expect(connected.repository.pulls).toEqual([]);
});
