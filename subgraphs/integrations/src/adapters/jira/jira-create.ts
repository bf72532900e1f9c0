/** Makes issues: of a kind that the project has, with every field that it asks for. */
import { z } from 'zod';
import { OutboundError } from '@flowgrid/outbound';
import { ConnectorError } from '../connector-error.ts';
import { toItemBody, toItemLine, type ExternalItem, type ItemDraft } from '../external-item.ts';
import { browseUrl, findIssue } from './jira-issues.ts';
import { askJira, JiraRefusal } from './jira-request.ts';
import { apiPath, type JiraSite } from './jira-site.ts';
import { toJiraText } from './jira-text.ts';
import { toProjectKey } from './jql.ts';
import { toNames } from './required-fields.ts';

const MAX_TITLE_LENGTH = 255;
const MAX_LISTED = 200;
/** Those that people use for anything, where nobody says which kind is wanted. */
const USUAL_TYPES = ['task', 'story', 'bug'];
/** Filled in by Jira itself, where they are left out. */
const FILLED = new Set(['project', 'issuetype', 'summary', 'reporter']);

const typeSchema = z.object({ id: z.string(), name: z.string(), subtask: z.boolean().optional() });
/** Data Center calls them values, Cloud by their name. */
const typesSchema = z
  .union([
    z.object({ issueTypes: z.array(typeSchema) }).transform(({ issueTypes }) => issueTypes),
    z.object({ values: z.array(typeSchema) }).transform(({ values }) => values),
  ])
  .transform((types) => types.filter(({ subtask }) => subtask !== true));
const fieldSchema = z.object({
  fieldId: z.string(),
  name: z.string(),
  required: z.boolean(),
  hasDefaultValue: z.boolean().optional(),
});
const fieldsSchema = z.union([
  z.object({ fields: z.array(fieldSchema) }).transform(({ fields }) => fields),
  z.object({ values: z.array(fieldSchema) }).transform(({ values }) => values),
]);
const createdSchema = z.object({ key: z.string() });

type IssueType = z.output<typeof typeSchema>;
type Field = z.output<typeof fieldSchema>;

export async function createIssue(site: JiraSite, draft: ItemDraft, project: string): Promise<ExternalItem> {
  const title = toTitle(draft.title);
  const type = await chooseType(site, { project, wanted: draft.type });
  const path = apiPath(site, `issue/createmeta/${project}/issuetypes/${type.id}?maxResults=${MAX_LISTED}`);
  const asked = await askJira(site, { path }, fieldsSchema);
  const body = draft.body.trim() === '' ? null : toJiraText(site, draft.body);
  requireFillable(asked, { project, type, hasBody: body !== null });
  const fields = {
    project: { key: project },
    issuetype: { id: type.id },
    summary: title,
    ...(body !== null && { description: body }),
  };
  const key = await post(site, fields, asked);
  const made = { key, title, body: toItemBody(draft.body), type: toItemLine(type.name) };
  return (await findMade(site, key)) ?? { ...made, ...UNREAD, url: browseUrl(site.connection.baseUrl, key) };
}

/** What a draft names, checked before anything is asked. */
export function requireProjectKey(container: string): string {
  const key = toProjectKey(container);
  if (key === null) throw new ConnectorError('This is no key of a Jira project. Enter one such as OPS.');
  return key;
}

/** Of an issue that was made and cannot be read. */
const UNREAD = { state: '', assignee: null, updatedAt: null };

function toTitle(text: string): string {
  const title = toItemLine(text);
  if (title === '') throw new ConnectorError('Jira needs a title.');
  if (title.length > MAX_TITLE_LENGTH)
    throw new ConnectorError(`The title is too long for Jira, which takes ${MAX_TITLE_LENGTH} characters.`);
  return title;
}

async function chooseType(
  site: JiraSite,
  { project, wanted }: { readonly project: string; readonly wanted: string | null },
): Promise<IssueType> {
  const types = await listTypes(site, project);
  const named = (name: string): IssueType | undefined =>
    types.find((type) => type.name.toLowerCase() === name.trim().toLowerCase());
  if (wanted !== null) {
    const found = named(wanted);
    if (found) return found;
    throw new ConnectorError(`The project ${project} has no such kind of issue. It has ${toNames(types)}.`);
  }
  const usual = USUAL_TYPES.map(named).find((type) => type !== undefined) ?? types[0];
  if (usual === undefined) throw noProject(project);
  return usual;
}

async function listTypes(site: JiraSite, project: string): Promise<readonly IssueType[]> {
  const path = apiPath(site, `issue/createmeta/${project}/issuetypes?maxResults=${MAX_LISTED}`);
  try {
    const types = await askJira(site, { path }, typesSchema);
    if (types.length === 0) throw noProject(project);
    return types;
  } catch (error) {
    if (!(error instanceof ConnectorError) || (error.status !== 404 && error.status !== 400)) throw error;
    throw noProject(project);
  }
}

function noProject(project: string): ConnectorError {
  return new ConnectorError(
    `Jira shows this credential no project ${project} to make issues in. It needs the permission "Create Issues".`,
    { status: 404 },
  );
}

/** @throws ConnectorError when the project wants more than a title and a text, or takes no text. */
function requireFillable(
  asked: readonly Field[],
  draft: { readonly project: string; readonly type: IssueType; readonly hasBody: boolean },
): void {
  const { project, type, hasBody } = draft;
  const missing = asked.filter(
    ({ fieldId, required, hasDefaultValue }) =>
      required && hasDefaultValue !== true && !FILLED.has(fieldId) && !(fieldId === 'description' && hasBody),
  );
  const kind = `${toNames([type])} in ${project}`;
  if (missing.length > 0)
    throw new ConnectorError(`Jira requires ${toNames(missing)} for ${kind}. Make this one there.`);
  if (hasBody && !asked.some(({ fieldId }) => fieldId === 'description'))
    throw new ConnectorError(`Jira takes no text for ${kind}. Leave it out, or choose another kind.`);
}

async function post(site: JiraSite, fields: object, asked: readonly Field[]): Promise<string> {
  try {
    const request = { method: 'POST', path: apiPath(site, 'issue'), body: { fields } } as const;
    const { key } = await askJira(site, request, createdSchema);
    return toItemLine(key);
  } catch (error) {
    if (!(error instanceof JiraRefusal)) throw error;
    const refused = asked.filter(({ fieldId }) => error.fields.includes(fieldId));
    if (refused.length === 0) throw error;
    throw new ConnectorError(`Jira refuses what was entered for ${toNames(refused)} (400).`, { status: 400 });
  }
}

/** It was made, whatever happens when it is read. */
async function findMade(site: JiraSite, key: string): Promise<ExternalItem | null> {
  try {
    return (await findIssue(site, key))?.item ?? null;
  } catch (error) {
    if (error instanceof ConnectorError || error instanceof OutboundError) return null;
    throw error;
  }
}
