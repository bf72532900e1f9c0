/** A system that answers as GitHub, Jira and ServiceNow do, as far as the connectors ask. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen, setEnv } from './model-server.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly search: URLSearchParams;
  readonly authorization: string;
  readonly body: unknown;
}

export interface FakeSystem extends AsyncDisposable {
  readonly requests: readonly SeenRequest[];
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  'POST /repos/acme/support/issues': { number: 7, title: 'A title', html_url: 'https://example.com/7' },
  'GET /search/issues': { items: [{ number: 7, title: 'A title', html_url: 'https://example.com/7' }] },
  'POST /rest/api/3/issue': { id: '1', key: 'OPS-7' },
  'POST /rest/api/3/search/jql': { issues: [{ key: 'OPS-7', fields: { summary: 'A title' } }] },
  'POST /api/now/table/incident': { result: { sys_id: 'a1', number: 'INC7', short_description: 'A title' } },
  'GET /api/now/table/incident': {
    result: [{ sys_id: 'a1', number: 'INC7', short_description: 'A title' }],
  },
};

/** `failures` are the statuses of its first answers. */
export async function startFakeSystem(failures: readonly number[] = []): Promise<FakeSystem> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then((raw) => {
      const { pathname: path, searchParams: search } = new URL(request.url ?? '/', 'http://localhost');
      const { method = 'GET' } = request;
      const body: unknown = raw === '' ? null : JSON.parse(raw);
      requests.push({ method, path, search, authorization: request.headers.authorization ?? '', body });
      const answer = ANSWERS[`${method} ${path}`];
      const status = failures[requests.length - 1] ?? (answer === undefined ? 404 : 200);
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
      response.end(JSON.stringify(status === 200 ? answer : { message: 'No.' }));
    });
  });
  const url = await listen(server);
  const restore = setEnv({
    GITHUB_API_URL: url,
    GITHUB_REPOSITORY: 'acme/support',
    GITHUB_TOKEN: 'a token',
    JIRA_BASE_URL: url,
    JIRA_EMAIL: 'agent@example.com',
    JIRA_API_TOKEN: 'a token',
    JIRA_PROJECT_KEY: 'OPS',
    SERVICENOW_BASE_URL: url,
    SERVICENOW_USER: 'agent',
    SERVICENOW_PASSWORD: 'a password',
  });
  return {
    requests,
    async [Symbol.asyncDispose]() {
      restore();
      await closeServer(server);
    },
  };
}
