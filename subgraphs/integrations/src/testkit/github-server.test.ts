/** The fake GitHub keeps GitHub's rules: tests that rely on it would prove nothing otherwise. */
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGitHubServer, type GitHubServer } from './github-server.ts';

let github: GitHubServer;
let token: string;

beforeEach(async () => {
  github = await startGitHubServer();
  token = github.state.addAccount({ kind: 'CLASSIC', login: 'octocat', scopes: ['repo', 'read:org'] });
});
afterEach(() => github[Symbol.asyncDispose]());

const get = (path: string, authorization = `token ${token}`, base = github.url): Promise<Response> =>
  fetch(`${base}${path}`, { headers: { authorization, 'user-agent': 'test' } });

test.each(['token', 'Bearer', 'bearer'])('a token is taken as "%s"', async (scheme) => {
  const response = await get('/user', `${scheme} ${token}`);

  expect(await response.json()).toMatchObject({ login: 'octocat', type: 'User' });
  expect(response.headers.get('x-oauth-scopes')).toBe('repo, read:org');
});

test.each(['', 'token nonsense', 'Basic b2N0bzpjYXQ=', 'token'])('%j is no token', async (authorization) => {
  const response = await get('/user', authorization);

  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ message: 'Bad credentials' });
});

test('GitHub Enterprise Server answers below /api/v3, and says so', async () => {
  github.state.addRepository('acme/claims', { roles: { octocat: 'pull' } });

  const response = await get('/repos/acme/claims', `token ${token}`, github.enterpriseUrl);

  expect(response.headers.get('x-github-enterprise-version')).toMatch(/^3\./);
  expect(await response.json()).toMatchObject({ url: `${github.enterpriseUrl}/repos/acme/claims` });
});

test('pages lead to each other, and a page has a hundred at most', async () => {
  const repository = github.state.addRepository('acme/claims', { roles: { octocat: 'pull' } });
  for (let index = 0; index < 250; index += 1) github.state.addIssue(repository, {});
  const octokit = new Octokit({ baseUrl: github.url, auth: token });

  const first = await get('/repos/acme/claims/issues?per_page=500');
  const all = await octokit.paginate(octokit.rest.issues.listForRepo, {
    owner: 'acme',
    repo: 'claims',
    per_page: 100,
  });

  expect(await first.json()).toHaveLength(100);
  expect(first.headers.get('link')).toMatch(/<.*page=2>; rel="next", <.*page=3>; rel="last"/);
  expect(new Set(all.map(({ number }) => number)).size).toBe(250);
});

test('a search shows the first thousand, and wants to know what for', async () => {
  expect((await get('/search/issues?q=late')).status).toBe(422);
  expect((await get('/search/issues?q=is:issue+late&per_page=100&page=11')).status).toBe(422);
  expect((await get('/search/issues?q=is:issue+late&per_page=100&page=10')).status).toBe(200);
});

test('the requests of an hour are counted, and /rate_limit is free', async () => {
  github.setRemaining(2);
  const answers = [await get('/user'), await get('/user'), await get('/user'), await get('/rate_limit')];

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 200]);
  expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0', '0']);
  expect(Number(answers[2]?.headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000);
});

test('a private repository is not there for strangers, and not to be written for readers', async () => {
  github.state.addRepository('acme/claims', { roles: { octocat: 'pull' } });
  github.state.addRepository('other/secret');
  const octokit = new Octokit({ baseUrl: github.url, auth: token, log: silent });
  const ref = { owner: 'acme', repo: 'claims', ref: 'refs/heads/x', sha: '0'.repeat(40) };

  expect((await get('/repos/other/secret')).status).toBe(404);
  await expect(octokit.rest.git.createRef(ref)).rejects.toMatchObject({ status: 404 });
});

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {}

test('an app gets a token of its installation by a signed claim', async () => {
  const { app } = github.state;
  github.state.addRepository('acme/claims');
  const { request } = new Octokit({ baseUrl: github.url, log: silent });
  const auth = createAppAuth({
    appId: app.id,
    privateKey: app.privateKeyPem,
    installationId: app.installationId,
    request,
  });

  const { token: installed } = await auth({ type: 'installation' });

  const repositories = await get('/installation/repositories', `token ${installed}`);
  expect(await repositories.json()).toMatchObject({
    total_count: 1,
    repositories: [{ full_name: 'acme/claims' }],
  });
  expect((await get('/user', `token ${installed}`)).status).toBe(403);
});

// Attacks: a claim that another key signed, and one of another app.
test("a claim that is not the app's own gets nothing", async () => {
  const other = await startGitHubServer();
  const { app } = github.state;
  const claim = async (appId: number, privateKey: string): Promise<number> => {
    const { request } = new Octokit({ baseUrl: github.url, log: silent });
    const auth = createAppAuth({ appId, privateKey, request });
    const { token: jwt } = await auth({ type: 'app' });
    const response = await fetch(`${github.url}/app/installations/${app.installationId}/access_tokens`, {
      method: 'POST',
      headers: { authorization: `bearer ${jwt}`, 'user-agent': 'test' },
    });
    return response.status;
  };

  const statuses = [
    await claim(app.id, app.privateKeyPem),
    await claim(app.id, other.state.app.privateKeyPem),
    await claim(app.id + 1, app.privateKeyPem),
  ];
  await other[Symbol.asyncDispose]();

  expect(statuses).toEqual([201, 401, 401]);
});
