/** A local server that speaks the endpoints of GitHub, Jira and ServiceNow, and misbehaves below paths that say how. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { itemEndpoints } from './vendor-items.ts';

export const GITHUB_TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
export const JIRA_CREDENTIAL = { email: 'bot@example.test', apiToken: 'ATATT3xFfGF0-jira-token-0001' };
export const SERVICENOW_CREDENTIAL = { username: 'integration.bot', password: 'correct horse battery' };
export const SERVICENOW_CLIENT = { clientId: 'client-0001', clientSecret: 'client-secret-0001' };

export interface VendorServer extends AsyncDisposable {
  readonly url: string;
  /** `host:port`, as OUTBOUND_ALLOW_HOSTS has it. */
  readonly host: string;
  readonly port: number;
  /** `METHOD path` of every request. */
  readonly requests: readonly string[];
  /** Path and query of every request. */
  readonly targets: readonly URL[];
  readonly connectionCount: () => number;
  /** Requests below `/held` wait for this; then they are refused. */
  readonly release: () => void;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const MEGABYTE = 1024 * 1024;
const SLOW_CHUNK_MS = 25;

const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

/** Each echoes a credential or an internal address where it can: none of it may be shown. */
const MISBEHAVIOURS: Readonly<Record<string, Answer>> = {
  unauthorized: (response, request) =>
    json(401, { message: `Bad credentials ${request.headers.authorization}` })(response, request),
  forbidden: json(403, { message: 'Resource not accessible, ask 10.1.2.3' }),
  missing: json(404, { message: 'Not Found' }),
  limited: json(429, { message: 'slow down' }, { 'retry-after': '30' }),
  exhausted: (response, request) => {
    const reset = String(Math.ceil(Date.now() / 1000) + 3600);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    json(403, { message: 'API rate limit exceeded' }, headers)(response, request);
  },
  broken: json(503, { message: 'down' }),
  malformed: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"login": "octo');
  },
  page: (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Instance hibernating</html>');
  },
  odd: (response) => {
    response.writeHead(200, { 'content-type': ';;;' }).end('{}');
  },
  other: json(200, { hello: 'world' }),
  moved: (response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
  },
  huge: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(Buffer.alloc(2 * MEGABYTE, 'x'));
  },
  slow: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), SLOW_CHUNK_MS);
    response.on('close', () => clearInterval(timer));
  },
  silent: () => undefined,
  dropped: (_response, request) => {
    request.socket.destroy();
  },
};

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const ENDPOINTS: Readonly<Record<string, { readonly authorization: string[]; readonly answer: Answer }>> = {
  '/user': {
    authorization: [`token ${GITHUB_TOKEN}`],
    answer: json(200, { login: 'octocat', id: 1 }, { 'x-oauth-scopes': 'repo, read:org' }),
  },
  '/rest/api/3/myself': {
    authorization: [basic(JIRA_CREDENTIAL.email, JIRA_CREDENTIAL.apiToken)],
    answer: json(200, { accountId: '5b10', emailAddress: JIRA_CREDENTIAL.email, displayName: 'Bot' }),
  },
  '/api/now/table/sys_user': {
    authorization: [
      basic(SERVICENOW_CREDENTIAL.username, SERVICENOW_CREDENTIAL.password),
      'Bearer servicenow-access-token',
    ],
    answer: json(200, { result: [{ user_name: 'integration.bot' }] }),
  },
  ...itemEndpoints({
    github: [`token ${GITHUB_TOKEN}`],
    jira: [basic(JIRA_CREDENTIAL.email, JIRA_CREDENTIAL.apiToken)],
    serviceNow: [
      basic(SERVICENOW_CREDENTIAL.username, SERVICENOW_CREDENTIAL.password),
      'Bearer servicenow-access-token',
    ],
  }),
};

/** Listens on a free port of the loopback. The caller disposes of it. */
export async function startVendorServer(): Promise<VendorServer> {
  const requests: string[] = [];
  const targets: URL[] = [];
  let connections = 0;
  const failedOnce = new Set<string>();
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const target = new URL(request.url ?? '/', 'http://vendor');
    const path = target.pathname;
    targets.push(target);
    requests.push(`${request.method} ${path}`);
    const [, first = ''] = path.split('/');
    if (first === 'held') {
      held.push(response);
      return undefined;
    }
    const misbehaviour = MISBEHAVIOURS[first];
    if (misbehaviour) return misbehaviour(response, request);
    if (first.startsWith('once-') && !failedOnce.has(first)) {
      failedOnce.add(first);
      return json(502, {})(response, request);
    }
    return answer(path.replace(/^\/once-[^/]*|^\/base/, ''), request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    host: `127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    targets,
    connectionCount: () => connections,
    release: () => {
      for (const response of held.splice(0)) response.writeHead(401).end();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function answer(path: string, request: IncomingMessage, response: ServerResponse): void {
  if (path === '/oauth_token.do') {
    readBody(request, (body) => answerToken(new URLSearchParams(body), request, response));
    return;
  }
  const endpoint = ENDPOINTS[path];
  if (!endpoint) return json(404, {})(response, request);
  const isAuthorized = endpoint.authorization.includes(request.headers.authorization ?? '');
  return (isAuthorized ? endpoint.answer : json(401, {}))(response, request);
}

function answerToken(form: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
  const isKnown =
    form.get('grant_type') === 'client_credentials' &&
    form.get('client_id') === SERVICENOW_CLIENT.clientId &&
    form.get('client_secret') === SERVICENOW_CLIENT.clientSecret;
  const granted = json(200, { access_token: 'servicenow-access-token', token_type: 'Bearer' });
  (isKnown ? granted : json(401, { error: 'access_denied' }))(response, request);
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks).toString()));
}
