/** Tickets and issues in the forms in which GitHub, Jira and ServiceNow give them. */
import type { IncomingMessage, ServerResponse } from 'node:http';

interface Endpoint {
  readonly authorization: string[];
  readonly answer: (response: ServerResponse, request: IncomingMessage) => void;
}

/** How many there are of each. */
export const ITEM_COUNT = 5;
const NUMBERS = Array.from({ length: ITEM_COUNT }, (_, index) => index + 1);

const githubIssue = (number: number): object => ({
  url: `https://api.github.com/repos/acme/claims/issues/${number}`,
  repository_url: 'https://api.github.com/repos/acme/claims',
  html_url: number === 5 ? 'javascript:alert(1)' : `https://github.com/acme/claims/issues/${number}`,
  id: 1000 + number,
  number,
  title: `Claim ${number} is\u0007 late`,
  user: { login: 'octocat' },
  labels: [],
  state: 'open',
  assignee: number === 1 ? { login: 'hubot' } : null,
  body: number === 2 ? null : 'The clerk checks the claim.\r\nThen the clerk pays.',
  updated_at: '2026-03-01T10:00:00Z',
  ...(number === 3 && { pull_request: { url: 'https://api.github.com/repos/acme/claims/pulls/3' } }),
});

const paragraph = (...content: object[]): object => ({ type: 'paragraph', content });
const words = (text: string): object => ({ type: 'text', text });

const DOCUMENT = {
  type: 'doc',
  version: 1,
  content: [
    paragraph(words('The clerk '), { ...words('checks'), marks: [{ type: 'strong' }] }, words(' the claim.')),
    {
      type: 'bulletList',
      content: [
        {
          type: 'listItem',
          content: [
            paragraph(words('Over 100: ask '), { type: 'mention', attrs: { id: '1', text: '@Ann' } }),
          ],
        },
      ],
    },
    paragraph(words('Then'), { type: 'hardBreak' }, words('pay.')),
  ],
};

const jiraIssue = (number: number, description: unknown): object => ({
  id: String(10_000 + number),
  key: `CLM-${number}`,
  self: `https://example.atlassian.net/rest/api/3/issue/${10_000 + number}`,
  fields: {
    summary: `Claim ${number}`,
    description,
    status: { name: 'To Do', statusCategory: { key: 'new' } },
    issuetype: { name: 'Bug', subtask: false },
    assignee: number === 1 ? { accountId: '5b10', displayName: 'Ann Example' } : null,
    updated: '2026-03-01T11:00:00.000+0100',
  },
});

const field = (value: string, display = value): object => ({ value, display_value: display });

const serviceNowTask = (number: number): object => ({
  number: field(`INC001000${number}`),
  short_description: field(`Claim ${number}`),
  description: field('The clerk checks the claim.'),
  state: field('2', 'In Progress'),
  sys_class_name: field('incident', 'Incident'),
  assigned_to: number === 1 ? field('681ccaf9', 'Ann Example') : field(''),
  sys_updated_on: field('2026-03-01 10:00:00', '01.03.2026 11:00'),
  sys_id: field(`sys${number}`),
});

function send(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const queryOf = (request: IncomingMessage): URLSearchParams =>
  new URL(request.url ?? '/', 'http://vendor').searchParams;

const pageOf = (size: string | null, start: number): readonly number[] =>
  NUMBERS.slice(start, start + Number(size));

function githubEndpoints(authorization: string[]): Readonly<Record<string, Endpoint>> {
  const page = (request: IncomingMessage): readonly number[] => {
    const query = queryOf(request);
    return pageOf(query.get('per_page'), (Number(query.get('page')) - 1) * Number(query.get('per_page')));
  };
  return {
    '/issues': {
      authorization,
      answer: (response, request) => {
        // GitHub says by a link that there is another page.
        if (!page(request).includes(ITEM_COUNT)) {
          response.setHeader('link', '<https://api.github.com/issues?page=2>; rel="next"');
        }
        send(response, page(request).map(githubIssue));
      },
    },
    '/search/issues': {
      authorization,
      answer: (response, request) => {
        if (!queryOf(request).get('q')?.endsWith(' is:issue')) return send(response, {}, 422);
        const items = page(request).map(githubIssue);
        return send(response, { total_count: ITEM_COUNT, incomplete_results: false, items });
      },
    },
    '/repos/acme/claims/issues/1': { authorization, answer: (response) => send(response, githubIssue(1)) },
    '/repos/acme/claims/issues/4': { authorization, answer: (response) => send(response, {}, 410) },
  };
}

const CLOUD_SERVER = { version: '1001.0.0-SNAPSHOT', deploymentType: 'Cloud' };
const DATA_CENTER_SERVER = { version: '9.4.0', versionNumbers: [9, 4, 0], deploymentType: 'Server' };

function jiraEndpoints(authorization: string[]): Readonly<Record<string, Endpoint>> {
  return {
    '/rest/api/2/serverInfo': { authorization, answer: (response) => send(response, CLOUD_SERVER) },
    '/data-center/rest/api/2/serverInfo': {
      authorization,
      answer: (response) => send(response, DATA_CENTER_SERVER),
    },
    '/rest/api/3/mypermissions': {
      authorization,
      answer: (response) => send(response, { permissions: { BROWSE_PROJECTS: { havePermission: true } } }),
    },
    '/rest/api/3/search/jql': {
      authorization,
      answer: (response, request) => {
        const query = queryOf(request);
        const jql = query.get('jql') ?? '';
        // As Jira Cloud: what has no limit is refused.
        if (!/text ~|updated >=/.test(jql)) return send(response, { errorMessages: ['unbounded'] }, 400);
        const start = Number(query.get('nextPageToken')?.replace('token-', '') ?? 0);
        const numbers = pageOf(query.get('maxResults'), start);
        const end = start + numbers.length;
        return send(response, {
          issues: numbers.map((number) => jiraIssue(number, DOCUMENT)),
          ...(end < ITEM_COUNT ? { nextPageToken: `token-${end}` } : { isLast: true }),
        });
      },
    },
    '/rest/api/3/issue/CLM-1': {
      authorization,
      answer: (response) => send(response, jiraIssue(1, DOCUMENT)),
    },
    '/data-center/rest/api/2/search': {
      authorization,
      answer: (response, request) => {
        const query = queryOf(request);
        const startAt = Number(query.get('startAt'));
        const issues = pageOf(query.get('maxResults'), startAt).map((number) =>
          jiraIssue(number, 'h1. As *wiki*'),
        );
        send(response, { startAt, maxResults: 50, total: ITEM_COUNT, issues });
      },
    },
    '/data-center/rest/api/2/issue/CLM-1': {
      authorization,
      answer: (response) => send(response, jiraIssue(1, 'h1. As *wiki*')),
    },
  };
}

function serviceNowEndpoints(authorization: string[]): Readonly<Record<string, Endpoint>> {
  return {
    '/api/now/table/task': {
      authorization,
      answer: (response, request) => {
        const query = queryOf(request);
        const number = /^number=INC001000(\d)$/.exec(query.get('sysparm_query') ?? '')?.[1];
        const known = NUMBERS.filter((candidate) => number === undefined || candidate === Number(number));
        const start = Number(query.get('sysparm_offset'));
        const result = known.slice(start, start + Number(query.get('sysparm_limit'))).map(serviceNowTask);
        send(response, {
          result: /^number=(?!INC001000)/.test(query.get('sysparm_query') ?? '') ? [] : result,
        });
      },
    },
  };
}

export function itemEndpoints(authorization: {
  readonly github: string[];
  readonly jira: string[];
  readonly serviceNow: string[];
}): Readonly<Record<string, Endpoint>> {
  return {
    ...githubEndpoints(authorization.github),
    ...jiraEndpoints(authorization.jira),
    ...serviceNowEndpoints(authorization.serviceNow),
  };
}
