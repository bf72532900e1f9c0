/** What a fake Jira answers to each request of its REST API, in the shapes of the real one. */
import { z } from 'zod';
import { findAdfProblem } from './adf-problem.ts';
import { JqlError, parseJql } from './jira-jql.ts';
import { addIssue, toJiraTime, type JiraAccount, type JiraIssue, type JiraWorld } from './jira-world.ts';

export interface JiraRequest {
  readonly method: string;
  /** Below the address of the API. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly account: JiraAccount;
}

export interface JiraAnswer {
  readonly status: number;
  readonly body?: unknown;
}

const ok = (body: unknown, status = 200): JiraAnswer => ({ status, body });
export const refuse = (
  status: number,
  errorMessages: readonly string[],
  errors: Readonly<Record<string, string>> = {},
): JiraAnswer => ({ status, body: { errorMessages, errors } });
const noIssue = (): JiraAnswer =>
  refuse(404, ['Issue does not exist or you do not have permission to see it.']);

const PERMISSION_NAMES: Readonly<Record<string, string>> = {
  BROWSE_PROJECTS: 'Browse Projects',
  CREATE_ISSUES: 'Create Issues',
  ADD_COMMENTS: 'Add Comments',
  TRANSITION_ISSUES: 'Transition Issues',
  ADMINISTER: 'Administer Jira',
};

type Handler = (world: JiraWorld, request: JiraRequest, parts: readonly string[]) => JiraAnswer;

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  /** What an OAuth app needs. */
  readonly scope: string;
  readonly answer: Handler;
}

const READ = 'read:jira-work';
const WRITE = 'write:jira-work';

export const API_ROUTES: readonly Route[] = [
  { method: 'GET', pattern: /^myself$/, scope: 'read:jira-user', answer: myself },
  { method: 'GET', pattern: /^mypermissions$/, scope: READ, answer: myPermissions },
  { method: 'GET', pattern: /^search\/jql$/, scope: READ, answer: searchByToken },
  { method: 'GET', pattern: /^search$/, scope: READ, answer: searchByOffset },
  { method: 'GET', pattern: /^issue\/createmeta\/([^/]+)\/issuetypes$/, scope: READ, answer: listTypes },
  {
    method: 'GET',
    pattern: /^issue\/createmeta\/([^/]+)\/issuetypes\/([^/]+)$/,
    scope: READ,
    answer: listFields,
  },
  { method: 'POST', pattern: /^issue$/, scope: WRITE, answer: createIssue },
  { method: 'GET', pattern: /^issue\/([^/]+)$/, scope: READ, answer: getIssue },
  { method: 'POST', pattern: /^issue\/([^/]+)\/comment$/, scope: WRITE, answer: addComment },
  { method: 'GET', pattern: /^issue\/([^/]+)\/transitions$/, scope: READ, answer: listTransitions },
  { method: 'POST', pattern: /^issue\/([^/]+)\/transitions$/, scope: WRITE, answer: transition },
];

export function serverInfo({ edition, majorVersion }: JiraWorld): JiraAnswer {
  const isCloud = edition === 'CLOUD';
  return ok({
    version: isCloud ? '1001.0.0-SNAPSHOT' : `${majorVersion}.4.0`,
    versionNumbers: isCloud ? [1001, 0, 0] : [majorVersion, 4, 0],
    deploymentType: isCloud ? 'Cloud' : 'Server',
    serverTitle: 'Jira',
  });
}

function myself({ edition, timeZone }: JiraWorld, { account }: JiraRequest): JiraAnswer {
  const common = { displayName: 'Bot', active: true, timeZone, locale: 'en_US' };
  return edition === 'CLOUD'
    ? ok({ ...common, accountId: '5b10a2844c20165700ede21g', emailAddress: account.login })
    : ok({ ...common, key: 'JIRAUSER10100', name: account.login, emailAddress: 'bot@example.test' });
}

function myPermissions({ edition }: JiraWorld, { account, query }: JiraRequest): JiraAnswer {
  const asked = query.get('permissions')?.split(',') ?? null;
  if (edition === 'CLOUD' && asked === null)
    return refuse(400, ['The "permissions" query parameter is required.']);
  const known = Object.entries(PERMISSION_NAMES);
  if (edition === 'CLOUD' && asked?.some((id) => !(id in PERMISSION_NAMES)))
    return refuse(400, ['Unrecognized permission']);
  // Data Center tells them all, whatever is asked.
  const told = edition === 'CLOUD' ? known.filter(([id]) => asked?.includes(id)) : known;
  const permissions = told.map(([id, name], index) => [
    id,
    { id: String(index), key: id, name, type: 'PROJECT', havePermission: account.permissions.has(id) },
  ]);
  return ok({ permissions: Object.fromEntries(permissions) });
}

const visible = (world: JiraWorld, account: JiraAccount): readonly JiraIssue[] =>
  account.permissions.has('BROWSE_PROJECTS') ? world.issues : [];

function search(
  world: JiraWorld,
  { query, account }: JiraRequest,
):
  | { readonly issues: readonly JiraIssue[]; readonly compare: ReturnType<typeof parseJql>['compare'] }
  | JiraAnswer {
  try {
    const jql = parseJql(query.get('jql') ?? '', world);
    if (world.edition === 'CLOUD' && !jql.isBounded)
      return refuse(400, ['Unbounded JQL queries are not allowed here. Please add a search restriction.']);
    const issues = visible(world, account).filter(jql.matches).toSorted(jql.compare);
    return { issues, compare: jql.compare };
  } catch (error) {
    if (!(error instanceof JqlError)) throw error;
    return refuse(400, [error.message]);
  }
}

const sizeOf = (world: JiraWorld, query: URLSearchParams): number =>
  Math.min(Number(query.get('maxResults') ?? 50), world.maxResults);

const tokenSchema = z.object({ jql: z.string(), age: z.number(), updated: z.number(), key: z.string() });

function searchByToken(world: JiraWorld, request: JiraRequest): JiraAnswer {
  if (world.edition !== 'CLOUD') return { status: 404 };
  const found = search(world, request);
  if ('status' in found) return found;
  const jql = request.query.get('jql') ?? '';
  const given = request.query.get('nextPageToken');
  const token = given === null ? null : readToken(given);
  const isValid = token !== null && token.jql === jql && token.age === world.tokenAge;
  if (given !== null && !isValid) return refuse(400, ['The provided next page token is invalid or expired.']);
  // The token stands for the values of the last issue that was given.
  const after = (issue: JiraIssue): boolean =>
    token === null ||
    found.compare(issue, { ...issue, ...toPlace(token.key), updated: token.updated, key: token.key }) > 0;
  const rest = found.issues.filter(after);
  const page = rest.slice(0, sizeOf(world, request.query));
  const last = page.at(-1);
  if (last === undefined || rest.length <= page.length)
    return ok({ issues: shown(world, page, request), isLast: true });
  const next = { jql, age: world.tokenAge, updated: last.updated, key: last.key };
  return ok({
    issues: shown(world, page, request),
    nextPageToken: Buffer.from(JSON.stringify(next)).toString('base64url'),
    isLast: false,
  });
}

function readToken(text: string): z.output<typeof tokenSchema> | null {
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    return null;
  }
}

function toPlace(key: string): { project: string; number: number } {
  const [project = '', number = ''] = key.split('-');
  return { project, number: Number(number) };
}

function searchByOffset(world: JiraWorld, request: JiraRequest): JiraAnswer {
  // Cloud took this way of searching out of service.
  if (world.edition === 'CLOUD') return refuse(410, ['The requested API has been removed.']);
  const found = search(world, request);
  if ('status' in found) return found;
  const startAt = Number(request.query.get('startAt') ?? 0);
  const maxResults = sizeOf(world, request.query);
  const page = found.issues.slice(startAt, startAt + maxResults);
  return ok({ startAt, maxResults, total: found.issues.length, issues: shown(world, page, request) });
}

function shown(world: JiraWorld, issues: readonly JiraIssue[], { query }: JiraRequest): readonly unknown[] {
  const fields = query.get('fields');
  // Without fields, Cloud gives ids alone.
  if (fields === null && world.edition === 'CLOUD') return issues.map(({ id }) => ({ id }));
  return issues.map((issue) => toJson(world, issue, fields));
}

function toJson(world: JiraWorld, issue: JiraIssue, wanted: string | null): object {
  const fields: Record<string, unknown> = {
    ...issue.fields,
    summary: issue.summary,
    description: issue.description,
    status: { name: issue.status, statusCategory: { key: 'new' } },
    issuetype: { name: issue.type, subtask: false },
    assignee: issue.assignee === null ? null : { displayName: issue.assignee },
    updated: toJiraTime(issue.updated, world.timeZone),
  };
  const asked = wanted?.split(',') ?? Object.keys(fields);
  const { id, key } = issue;
  return { id, key, fields: Object.fromEntries(asked.map((name) => [name, fields[name] ?? null])) };
}

function find(world: JiraWorld, account: JiraAccount, key: string | undefined): JiraIssue | undefined {
  return visible(world, account).find((issue) => issue.key === key);
}

function getIssue(world: JiraWorld, { account, query }: JiraRequest, [key]: readonly string[]): JiraAnswer {
  const issue = find(world, account, key);
  return issue ? ok(toJson(world, issue, query.get('fields'))) : noIssue();
}

function listTypes(world: JiraWorld, { account }: JiraRequest, [key = '']: readonly string[]): JiraAnswer {
  const project = world.projects.get(key);
  if (!project || !account.permissions.has('CREATE_ISSUES'))
    return refuse(404, [`No project could be found with key '${key}'.`]);
  const types = project.types.map(({ id, name, subtask }) => ({ id, name, subtask }));
  return ok({ startAt: 0, maxResults: 50, total: types.length, ...listed(world, 'issueTypes', types) });
}

function listFields(world: JiraWorld, _request: JiraRequest, [key = '', id]: readonly string[]): JiraAnswer {
  const type = world.projects.get(key)?.types.find((candidate) => candidate.id === id);
  if (!type) return refuse(404, ['Issue type not found']);
  return ok({
    startAt: 0,
    maxResults: 50,
    total: type.fields.length,
    ...listed(world, 'fields', type.fields),
  });
}

/** Cloud calls lists by their names, Data Center values. */
const listed = ({ edition }: JiraWorld, name: string, values: readonly unknown[]): object =>
  edition === 'CLOUD' ? { [name]: values } : { values, isLast: true };

/** Null for a text as this edition wants it. */
function textProblem({ edition }: JiraWorld, text: unknown): string | null {
  if (edition === 'DATA_CENTER') return typeof text === 'string' ? null : 'Operation value must be a string';
  return findAdfProblem(text) === null ? null : 'Operation value must be an Atlassian Document';
}

const draftSchema = z.object({
  fields: z.looseObject({
    project: z.object({ key: z.string() }),
    issuetype: z.object({ id: z.string() }),
    summary: z.string().default(''),
    description: z.unknown().optional(),
  }),
});

function createIssue(world: JiraWorld, { body, account }: JiraRequest): JiraAnswer {
  const parsed = draftSchema.safeParse(body);
  if (!parsed.success) return refuse(400, [], { project: 'valid project is required' });
  const { fields } = parsed.data;
  const project = world.projects.get(fields.project.key);
  const type = project?.types.find(({ id }) => id === fields.issuetype.id);
  if (!project || !account.permissions.has('CREATE_ISSUES'))
    return refuse(400, [], { project: 'valid project is required' });
  if (!type) return refuse(400, [], { issuetype: 'Specify an issue type' });
  const errors: Record<string, string> = {};
  for (const { fieldId, name, required, hasDefaultValue } of type.fields) {
    if (required && !hasDefaultValue && fieldId !== 'reporter' && !fields[fieldId])
      errors[fieldId] = `${name} is required.`;
  }
  if (fields.summary.trim() === '') errors['summary'] = 'You must specify a summary of the issue.';
  else if (fields.summary.includes('\n'))
    errors['summary'] = 'The summary is invalid because it contains newline characters.';
  else if (fields.summary.length > 255) errors['summary'] = 'Summary must be less than 255 characters.';
  const problem = fields.description == null ? null : textProblem(world, fields.description);
  if (problem !== null) errors['description'] = problem;
  for (const name of Object.keys(fields)) {
    if (!type.fields.some(({ fieldId }) => fieldId === name))
      errors[name] = `Field '${name}' cannot be set. It is not on the appropriate screen, or unknown.`;
  }
  if (Object.keys(errors).length > 0) return refuse(400, [], errors);
  const { summary, description } = fields;
  const issue = addIssue(world, { project: project.key, summary, description, type: type.name });
  return ok(
    { id: issue.id, key: issue.key, self: `https://jira.example.test/rest/api/2/issue/${issue.id}` },
    201,
  );
}

const commentSchema = z.object({ body: z.unknown() });

function addComment(world: JiraWorld, { body, account }: JiraRequest, [key]: readonly string[]): JiraAnswer {
  const issue = find(world, account, key);
  if (!issue) return noIssue();
  if (!account.permissions.has('ADD_COMMENTS'))
    return refuse(403, ['You do not have the permission to comment on this issue.']);
  const parsed = commentSchema.safeParse(body);
  if (!parsed.success || textProblem(world, parsed.data.body) !== null)
    return refuse(400, [], { comment: 'Comment body is not valid!' });
  const comment = { id: String(20_000 + issue.comments.length + Number(issue.id)), body: parsed.data.body };
  issue.comments.push(comment);
  issue.updated = world.now();
  return ok({ ...comment, author: { displayName: 'Bot' } }, 201);
}

function listTransitions(
  world: JiraWorld,
  { account, query }: JiraRequest,
  [key]: readonly string[],
): JiraAnswer {
  const issue = find(world, account, key);
  if (!issue) return noIssue();
  // Whoever may not take a step is shown none.
  const offered = account.permissions.has('TRANSITION_ISSUES') ? offeredTo(world, issue) : [];
  const isExpanded = query.get('expand') === 'transitions.fields';
  const transitions = offered.map(({ id, name, to, fields }) => ({
    id,
    name,
    to: { name: to, statusCategory: { key: 'new' } },
    hasScreen: fields.length > 0,
    ...(isExpanded && { fields: Object.fromEntries(fields.map((field) => [field.fieldId, field])) }),
  }));
  return ok({ expand: 'transitions', transitions });
}

const offeredTo = (world: JiraWorld, { project, status }: JiraIssue) =>
  world.projects.get(project)?.transitions.filter(({ from }) => from.includes(status)) ?? [];

const stepSchema = z.object({ transition: z.object({ id: z.string() }) });

function transition(world: JiraWorld, { body, account }: JiraRequest, [key]: readonly string[]): JiraAnswer {
  const issue = find(world, account, key);
  if (!issue) return noIssue();
  const wanted = stepSchema.safeParse(body).data?.transition.id;
  const step = offeredTo(world, issue).find(({ id }) => id === wanted);
  if (!step || !account.permissions.has('TRANSITION_ISSUES'))
    return refuse(400, ['It seems that you have tried to perform an illegal workflow operation.']);
  const has = new Map<string, unknown>([...Object.entries(issue.fields), ['summary', issue.summary]]);
  const missing = step.fields.filter(
    ({ fieldId, required, hasDefaultValue }) =>
      required && !hasDefaultValue && has.get(fieldId) === undefined,
  );
  if (missing.length > 0)
    return refuse(
      400,
      [],
      Object.fromEntries(missing.map(({ fieldId, name }) => [fieldId, `${name} is required.`])),
    );
  issue.status = step.to;
  issue.updated = world.now();
  return { status: 204 };
}
