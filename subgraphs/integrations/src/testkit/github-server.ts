/** A fake GitHub: it speaks GitHub's REST API in its real shapes, enforces its rules, keeps what is made, and fails when told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ACCOUNT_ROUTES, answerApp } from './github/account-routes.ts';
import { notFound, ok, problem, type Answer, type GitHubRequest } from './github/answers.ts';
import { misbehave, takeFault, type FaultRule, type GitHubFault } from './github/faults.ts';
import { GIT_ROUTES } from './github/git-routes.ts';
import { ALL_ISSUES_ROUTES, ISSUE_ROUTES } from './github/issue-routes.ts';
import { REPOSITORY_ROUTES } from './github/repository-routes.ts';
import { findRefusal } from './github/rights.ts';
import { GitHubState, type Account } from './github/state.ts';

export { GITHUB_FAULTS, type GitHubFault } from './github/faults.ts';
export type { GitHubState, Issue, Repository } from './github/state.ts';

export interface GitHubServer extends AsyncDisposable {
  readonly url: string;
  /** The API of GitHub Enterprise Server. */
  readonly enterpriseUrl: string;
  /** `host:port`, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly host: string;
  readonly state: GitHubState;
  /** `METHOD path` of every request, below the API's root. */
  readonly requests: readonly string[];
  /** From the request after `after` others on, `times` that match `on` are answered so. */
  fail(
    fault: GitHubFault,
    options?: { readonly after?: number; readonly times?: number; readonly on?: RegExp },
  ): void;
  /** Ends all that `fail` began. */
  recover(): void;
  /** How many requests each token has left this hour. */
  setRemaining(count: number): void;
}

const PRIMARY_LIMIT = 5_000;
const HOUR_SECONDS = 3_600;
const ENTERPRISE = '/api/v3';
const ROUTES = [...ACCOUNT_ROUTES, ...ALL_ISSUES_ROUTES];
const OF_REPOSITORY = [...REPOSITORY_ROUTES, ...ISSUE_ROUTES, ...GIT_ROUTES];

/** Listens on a free port of the loopback. The caller disposes of it. */
export async function startGitHubServer(): Promise<GitHubServer> {
  const fake = new FakeGitHub();
  const server = createServer((request, response) => {
    readBody(request, (body) => fake.answer(request, body, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    enterpriseUrl: `http://${host}${ENTERPRISE}`,
    host,
    state: fake.state,
    requests: fake.requests,
    fail: (fault, { after = 0, times = 1, on = null } = {}) =>
      void fake.rules.unshift({ fault, after, times, on }),
    recover: () => void fake.rules.splice(0),
    setRemaining: (count) => {
      fake.remaining = count;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** The server's behaviour alone, for a server that plays others too; `prefix` is where it stands there. */
export class FakeGitHub {
  readonly state = new GitHubState();
  readonly requests: string[] = [];
  readonly rules: FaultRule[] = [];
  remaining = PRIMARY_LIMIT;
  readonly #prefix: string;

  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  answer(incoming: IncomingMessage, body: string, response: ServerResponse): void {
    const request = toRequest(incoming, body, this.#prefix);
    this.requests.push(`${request.method} ${request.path}`);
    const fault = takeFault(this.rules, request);
    if (fault === 'LOST') this.#answerRightly(request, incoming);
    const answer = fault
      ? misbehave(fault, response, request.authorization)
      : this.#answerRightly(request, incoming);
    if (answer === null) return;
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'x-github-media-type': 'github.v3; format=json',
      'x-github-request-id': '0400:3A2B:1',
      ...(request.root.endsWith(ENTERPRISE) && { 'x-github-enterprise-version': '3.17.0' }),
      ...answer.headers,
    };
    response.writeHead(answer.status, headers);
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #answerRightly(request: GitHubRequest, incoming: IncomingMessage): Answer {
    if (incoming.headers['user-agent'] === undefined) {
      return problem(403, 'Request forbidden by administrative rules.');
    }
    const ofApp = answerApp(request, this.state);
    if (ofApp !== null) return ofApp;
    const token = /^(?:token|bearer) (\S+)$/i.exec(request.authorization)?.[1] ?? '';
    const account = this.state.accounts.get(token);
    if (account === undefined) return problem(401, 'Bad credentials');
    const isFree = request.path === '/rate_limit';
    const isUsedUp = this.remaining === 0 && !isFree;
    if (!isUsedUp && !isFree) this.remaining -= 1;
    const answer = isUsedUp
      ? problem(403, 'API rate limit exceeded for user.')
      : this.#route(request, account);
    const scopes = account.kind === 'CLASSIC' ? { 'x-oauth-scopes': account.scopes.join(', ') } : {};
    return { ...answer, headers: { ...scopes, ...this.#limits(), ...answer.headers } };
  }

  #limits(): Readonly<Record<string, string>> {
    return {
      'x-ratelimit-limit': String(PRIMARY_LIMIT),
      'x-ratelimit-remaining': String(this.remaining),
      'x-ratelimit-used': String(PRIMARY_LIMIT - this.remaining),
      'x-ratelimit-resource': 'core',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + HOUR_SECONDS),
    };
  }

  #route(request: GitHubRequest, account: Account): Answer {
    const { state } = this;
    if (request.path === '/rate_limit') {
      const core = { limit: PRIMARY_LIMIT, used: PRIMARY_LIMIT - this.remaining, remaining: this.remaining };
      return ok({ resources: { core, search: { limit: 30, used: 0, remaining: 30 } }, rate: core });
    }
    for (const { method, pattern, answer } of ROUTES) {
      const match = method === request.method ? pattern.exec(request.path) : null;
      if (match) return answer({ request, state, account, parts: match.slice(1) });
    }
    const [, owner = '', name = '', rest = ''] = /^\/repos\/([^/]+)\/([^/]+)(.*)$/.exec(request.path) ?? [];
    const repository = state.repositories.get(`${owner}/${name}`.toLowerCase());
    if (repository === undefined) return notFound;
    for (const { method, pattern, need, answer } of OF_REPOSITORY) {
      // Slashes within a branch or a path come encoded.
      const match = method === request.method ? pattern.exec(decodeURIComponent(rest)) : null;
      if (!match) continue;
      const refusal = findRefusal(account, repository, need);
      const right = refusal ?? answer({ request, state, account, repository, parts: match.slice(1) });
      // Fine-grained tokens and apps are told what an endpoint wants, and never what they have.
      const wants = { 'x-accepted-github-permissions': `${need.permission}=${need.level}` };
      return account.kind === 'CLASSIC' ? right : { ...right, headers: { ...wants, ...right.headers } };
    }
    return notFound;
  }
}

function toRequest(incoming: IncomingMessage, body: string, prefix: string): GitHubRequest {
  const host = `${incoming.headers.host ?? ''}${prefix}`;
  const url = new URL((incoming.url ?? '/').slice(prefix.length), 'http://github');
  const isEnterprise = url.pathname.startsWith(`${ENTERPRISE}/`);
  return {
    method: incoming.method ?? 'GET',
    path: isEnterprise ? url.pathname.slice(ENTERPRISE.length) : url.pathname,
    query: url.searchParams,
    body: parseBody(body),
    authorization: incoming.headers.authorization ?? '',
    root: `http://${host}${isEnterprise ? ENTERPRISE : ''}`,
  };
}

function parseBody(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(body) ?? {}));
  } catch {
    // What is no JSON has no fields: the endpoint refuses it.
    return {};
  }
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks).toString()));
}
