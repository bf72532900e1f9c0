/** A local Jira, Cloud or Data Center, that speaks the REST API of the real one, keeps what it is told, and fails when asked to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { API_ROUTES, refuse, serverInfo, type JiraAnswer, type JiraRequest } from './jira-endpoints.ts';
import { answerCloudWebhooks, answerDataCenterWebhooks } from './jira-hooks.ts';
import {
  ALL_PERMISSIONS,
  ALL_SCOPES,
  addIssue,
  makeProject,
  type JiraAccount,
  type JiraIssue,
  type JiraProject,
  type JiraWorld,
  type NewJiraIssue,
} from './jira-world.ts';

/** `DONE_*` do what is asked, and then answer nothing or a failure. */
export type JiraFault =
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'LIMITED'
  | 'BROKEN'
  | 'MALFORMED'
  | 'PAGE'
  | 'OTHER'
  | 'SLOW'
  | 'DROPPED'
  | 'DONE_DROPPED'
  | 'DONE_BROKEN';

export interface FaultOptions {
  /** Requests that are answered rightly before. */
  readonly after?: number;
  /** How many answers fail. */
  readonly times?: number;
  /** `METHOD path` of those that are counted; all when left out. */
  readonly matching?: RegExp;
}

export interface JiraServerOptions {
  readonly edition?: JiraWorld['edition'];
  /** Of Data Center. */
  readonly majorVersion?: number;
  readonly timeZone?: string;
  readonly now?: () => number;
  /** Tokens that another server gives to the OAuth app; they may do everything. */
  readonly isTokenOfApp?: (token: string) => boolean;
}

export interface NewJiraAccount {
  readonly authorization: string;
  readonly login?: string;
  readonly permissions?: readonly string[];
  /** For an OAuth app. */
  readonly scopes?: readonly string[];
}

export interface JiraServer extends AsyncDisposable {
  /** `host:port`, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly host: string;
  /** The site, where people are and where tokens of people work. */
  readonly baseUrl: string;
  /** Where tokens of OAuth apps work. */
  readonly appUrl: string;
  readonly cloudId: string;
  readonly world: JiraWorld;
  /** `METHOD path` of each request. */
  readonly requests: readonly string[];
  /** Path and query of each request. */
  readonly targets: readonly URL[];
  addAccount(account: NewJiraAccount): JiraAccount;
  /** From now on its requests are answered with 401. */
  revoke(authorization: string): void;
  addProject(key: string): JiraProject;
  addIssue(issue: NewJiraIssue): JiraIssue;
  fail(fault: JiraFault, options?: FaultOptions): void;
}

const CLOUD_ID = '11223344-a1b2-3c4d-5e6f-778899aabbcc';
const MAX_RESULTS = 5_000;
const SLOW_CHUNK_MS = 25;
const MAX_BODY_BYTES = 1_000_000;

interface PlannedFault {
  readonly fault: JiraFault;
  readonly matching: RegExp;
  after: number;
  times: number;
}

/** Listens on a free port of the loopback. The caller disposes of it. */
export async function startJiraServer(options: JiraServerOptions = {}): Promise<JiraServer> {
  const world = makeWorld(options);
  const requests: string[] = [];
  const targets: URL[] = [];
  let planned: PlannedFault | null = null;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://jira');
    const line = `${request.method} ${url.pathname}`;
    requests.push(line);
    targets.push(url);
    const fault = nextFault(planned, line);
    void readBody(request).then((body) => handle(world, { request, url, body, fault }, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const host = `127.0.0.1:${address.port}`;
  const baseUrl = `http://${host}`;
  return {
    host,
    baseUrl,
    appUrl: `${baseUrl}/ex/jira/${CLOUD_ID}`,
    cloudId: CLOUD_ID,
    world,
    requests,
    targets,
    addAccount: ({ authorization, login = 'bot@example.test', permissions = ALL_PERMISSIONS, scopes }) => {
      const isApp = world.edition === 'CLOUD' && authorization.startsWith('Bearer ');
      const account = {
        authorization,
        login,
        permissions: new Set(permissions),
        scopes: scopes ?? (isApp ? ALL_SCOPES : null),
      };
      world.accounts.set(authorization, account);
      return account;
    },
    revoke: (authorization) => {
      world.accounts.delete(authorization);
    },
    addProject: (key) => {
      const project = makeProject(key);
      world.projects.set(key, project);
      return project;
    },
    addIssue: (issue) => addIssue(world, issue),
    fail: (fault, { after = 0, times = 1, matching = /^/ } = {}) => {
      planned = { fault, after, times, matching };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function makeWorld(options: JiraServerOptions): JiraWorld {
  return {
    edition: options.edition ?? 'CLOUD',
    majorVersion: options.majorVersion ?? 9,
    timeZone: options.timeZone ?? 'Europe/Berlin',
    now: options.now ?? Date.now,
    maxResults: MAX_RESULTS,
    tokenAge: 0,
    accounts: new Map(),
    projects: new Map(),
    issues: [],
    webhooks: [],
    isTokenOfApp: options.isTokenOfApp ?? (() => false),
  };
}

function nextFault(planned: PlannedFault | null, line: string): JiraFault | null {
  if (planned === null || planned.times <= 0 || !planned.matching.test(line)) return null;
  if (planned.after > 0) {
    planned.after -= 1;
    return null;
  }
  planned.times -= 1;
  return planned.fault;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of request) {
      body += String(chunk);
      if (body.length > MAX_BODY_BYTES) request.destroy();
    }
  } catch {
    // Whoever asked is gone: there is nobody to answer.
  }
  return body;
}

interface Received {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: string;
  readonly fault: JiraFault | null;
}

function handle(world: JiraWorld, received: Received, response: ServerResponse): void {
  const { fault, request } = received;
  if (fault !== null && !fault.startsWith('DONE_')) return misbehave(fault, request, response);
  const { status, body } = answer(world, received);
  if (fault === 'DONE_DROPPED') return void request.socket.destroy();
  if (fault === 'DONE_BROKEN') return void response.writeHead(502).end();
  response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

function answer(world: JiraWorld, { request, url, body }: Received): JiraAnswer {
  const appPath = `/ex/jira/${CLOUD_ID}`;
  const isAppPath = world.edition === 'CLOUD' && url.pathname.startsWith(`${appPath}/`);
  const path = isAppPath ? url.pathname.slice(appPath.length) : url.pathname;
  if (path === '/rest/api/2/serverInfo') return serverInfo(world);
  const account = findAccount(world, request.headers.authorization ?? '');
  const isListOfSites = path === '/oauth/token/accessible-resources';
  // Tokens of apps work at the one place, those of people at the other.
  const isHere = account !== undefined && (account.scopes !== null) === (isAppPath || isListOfSites);
  if (!isHere) return unauthorized(world, isAppPath);
  if (isListOfSites) {
    const site = {
      id: CLOUD_ID,
      name: 'acme',
      url: `http://${request.headers.host}`,
      scopes: account.scopes,
    };
    return { status: 200, body: [site] };
  }
  const { method = 'GET' } = request;
  const parsed = { method, query: url.searchParams, body: parse(body), account };
  const version = world.edition === 'CLOUD' ? '[23]' : '2';
  const apiPath = new RegExp(`^/rest/api/${version}/(.*)$`).exec(path)?.[1];
  if (apiPath === undefined) {
    return answerDataCenterWebhooks(world, { ...parsed, path }) ?? { status: 404, body: {} };
  }
  return answerApi(world, { ...parsed, path: apiPath });
}

function findAccount({ accounts, isTokenOfApp }: JiraWorld, authorization: string): JiraAccount | undefined {
  const known = accounts.get(authorization);
  if (known !== undefined || !isTokenOfApp(authorization.replace(/^Bearer /, ''))) return known;
  const permissions = new Set(ALL_PERMISSIONS);
  return { authorization, login: 'person@example.test', permissions, scopes: ALL_SCOPES };
}

function answerApi(world: JiraWorld, request: JiraRequest): JiraAnswer {
  if (world.edition === 'CLOUD' && /^webhook(\/|$)/.test(request.path))
    return answerCloudWebhooks(world, request);
  for (const { method, pattern, scope, answer: give } of API_ROUTES) {
    const found = pattern.exec(request.path);
    if (!found || method !== request.method) continue;
    const { scopes } = request.account;
    if (scopes !== null && !scopes.includes(scope))
      return { status: 401, body: { code: 401, message: 'Unauthorized; scope does not match' } };
    return give(world, request, found.slice(1).map(decodeURIComponent));
  }
  return refuse(404, ['Resource not found']);
}

function unauthorized({ edition }: JiraWorld, isAppPath: boolean): JiraAnswer {
  if (isAppPath) return { status: 401, body: { code: 401, message: 'Unauthorized' } };
  const message = 'Client must be authenticated to access this resource.';
  return edition === 'CLOUD'
    ? { status: 401, body: { message, 'status-code': 401 } }
    : refuse(401, ['You are not authenticated. Authentication required to perform this operation.']);
}

function parse(body: string): unknown {
  try {
    return body === '' ? null : (JSON.parse(body) as unknown);
  } catch {
    return null;
  }
}

/** Each echoes a credential or an internal address where it can: none of it may be shown. */
function misbehave(fault: JiraFault, request: IncomingMessage, response: ServerResponse): void {
  const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  switch (fault) {
    case 'UNAUTHORIZED':
      return json(401, { message: `Bad credentials ${request.headers.authorization}`, 'status-code': 401 });
    case 'FORBIDDEN':
      return json(403, { errorMessages: ['Ask 10.1.2.3 for the permission.'], errors: {} });
    case 'LIMITED':
      return json(
        429,
        { errorMessages: ['slow down'], errors: {} },
        {
          'retry-after': '30',
          'x-ratelimit-limit': '350',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': new Date(Date.now() + 30_000).toISOString(),
          'ratelimit-reason': 'jira-burst-based',
        },
      );
    case 'BROKEN':
      return json(503, { errorMessages: ['10.1.2.3 is down'], errors: {} });
    case 'MALFORMED':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"issues": [{"key": "CLM');
      return undefined;
    case 'PAGE':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in at 10.1.2.3</html>');
      return undefined;
    case 'OTHER':
      return json(200, { hello: 'world' });
    case 'SLOW': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), SLOW_CHUNK_MS);
      response.on('close', () => clearInterval(timer));
      return undefined;
    }
    case 'DROPPED':
    case 'DONE_DROPPED':
    case 'DONE_BROKEN':
      request.socket.destroy();
      return undefined;
    default:
      return fault satisfies never;
  }
}
