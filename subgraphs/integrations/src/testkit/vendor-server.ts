/** A local server that speaks the endpoints of GitHub, Jira and ServiceNow, and misbehaves below paths that say how. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, startOddServer, type Answer, type OddServer } from '@flowgrid/outbound/testkit';
import { FakeGitHub } from './github-server.ts';
import { itemEndpoints } from './vendor-items.ts';

export const GITHUB_TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
export const JIRA_CREDENTIAL = { email: 'bot@example.test', apiToken: 'ATATT3xFfGF0-jira-token-0001' };
export const SERVICENOW_CREDENTIAL = { username: 'integration.bot', password: 'correct horse battery' };
export const SERVICENOW_CLIENT = { clientId: 'client-0001', clientSecret: 'client-secret-0001' };

export interface VendorServer extends OddServer {
  /** The whole of GitHub, below the path `/github`. */
  readonly github: FakeGitHub;
}

const GITHUB_PATH = '/github';

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
  const github = new FakeGitHub(GITHUB_PATH);
  const server = await startOddServer((path, request, response) => {
    if (!path.startsWith(`${GITHUB_PATH}/`)) return answer(path, request, response);
    return readBody(request, (body) => github.answer(request, body, response));
  });
  return { ...server, github };
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
