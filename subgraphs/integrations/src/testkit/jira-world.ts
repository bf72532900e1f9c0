/** What a fake Jira holds: projects, issues, webhooks, and the people and apps that sign in to it. */

export interface JiraAccount {
  /** The whole `authorization` header. */
  readonly authorization: string;
  readonly login: string;
  /** Keys of permissions: `BROWSE_PROJECTS`. */
  readonly permissions: ReadonlySet<string>;
  /** Of an OAuth app; null for the token of a person. */
  readonly scopes: readonly string[] | null;
}

export interface JiraField {
  readonly fieldId: string;
  readonly name: string;
  readonly required: boolean;
  readonly hasDefaultValue: boolean;
}

export interface JiraIssueType {
  readonly id: string;
  readonly name: string;
  readonly subtask: boolean;
  readonly fields: JiraField[];
}

export interface JiraTransition {
  readonly id: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly to: string;
  /** On the screen of the step. */
  readonly fields: JiraField[];
}

export interface JiraProject {
  readonly id: string;
  readonly key: string;
  readonly types: JiraIssueType[];
  readonly transitions: JiraTransition[];
}

export interface JiraIssue {
  readonly id: string;
  readonly number: number;
  readonly key: string;
  readonly project: string;
  type: string;
  summary: string;
  /** A document in Cloud, a text in Data Center. */
  description: unknown;
  status: string;
  assignee: string | null;
  updated: number;
  readonly comments: { readonly id: string; readonly body: unknown }[];
  /** More of its fields, by their ids. */
  readonly fields: Record<string, unknown>;
}

export interface JiraWebhook {
  readonly id: number;
  readonly url: string;
  readonly jql: string;
  readonly events: readonly string[];
  /** With which it signs; null for one that signs otherwise or not at all. */
  readonly secret: string | null;
  expiresAt: number | null;
}

export interface JiraWorld {
  readonly edition: 'CLOUD' | 'DATA_CENTER';
  readonly majorVersion: number;
  /** In which the accounts live. */
  timeZone: string;
  now: () => number;
  /** Pages are cut to so many, whatever is asked for. */
  maxResults: number;
  /** Tokens of pages that were given before are refused once it rises. */
  tokenAge: number;
  readonly accounts: Map<string, JiraAccount>;
  readonly projects: Map<string, JiraProject>;
  readonly issues: JiraIssue[];
  readonly webhooks: JiraWebhook[];
  readonly isTokenOfApp: (token: string) => boolean;
}

export const ALL_PERMISSIONS = [
  'BROWSE_PROJECTS',
  'CREATE_ISSUES',
  'ADD_COMMENTS',
  'TRANSITION_ISSUES',
  'ADMINISTER',
];
export const ALL_SCOPES = [
  'read:jira-work',
  'write:jira-work',
  'read:jira-user',
  'manage:jira-webhook',
  'offline_access',
];

let lastId = 10_000;

export function nextId(): number {
  lastId += 1;
  return lastId;
}

const field = (fieldId: string, name: string, required = false, hasDefaultValue = false): JiraField => ({
  fieldId,
  name,
  required,
  hasDefaultValue,
});

export function makeProject(key: string): JiraProject {
  const type = (name: string, subtask = false): JiraIssueType => ({
    id: String(nextId()),
    name,
    subtask,
    fields: [
      field('summary', 'Summary', true),
      field('project', 'Project', true),
      field('issuetype', 'Issue Type', true),
      field('reporter', 'Reporter', true),
      field('description', 'Description'),
      field('priority', 'Priority', true, true),
    ],
  });
  return {
    id: String(nextId()),
    key,
    types: [type('Epic'), type('Sub-task', true), type('Bug'), type('Task')],
    transitions: [
      { id: '11', name: 'Start work', from: ['To Do'], to: 'In Progress', fields: [] },
      { id: '21', name: 'Stop work', from: ['In Progress'], to: 'To Do', fields: [] },
      {
        id: '31',
        name: 'Finish',
        from: ['To Do', 'In Progress'],
        to: 'Done',
        // What the issue has already is not asked for again.
        fields: [field('summary', 'Summary', true), field('resolution', 'Resolution', true, true)],
      },
    ],
  };
}

export interface NewJiraIssue {
  readonly project: string;
  readonly summary: string;
  readonly description?: unknown;
  readonly type?: string;
  readonly assignee?: string | null;
  readonly updated?: number;
}

export function addIssue(world: JiraWorld, issue: NewJiraIssue): JiraIssue {
  const number = 1 + world.issues.filter(({ project }) => project === issue.project).length;
  const made: JiraIssue = {
    id: String(nextId()),
    number,
    key: `${issue.project}-${number}`,
    project: issue.project,
    type: issue.type ?? 'Task',
    summary: issue.summary,
    description: issue.description ?? null,
    status: 'To Do',
    assignee: issue.assignee ?? null,
    updated: issue.updated ?? world.now(),
    comments: [],
    fields: {},
  };
  world.issues.push(made);
  return made;
}

/** As Jira writes times: in the zone of the account, with its offset. */
export function toJiraTime(time: number, timeZone: string): string {
  const offset = offsetOf(time, timeZone);
  const local = new Date(time + offset * 60_000).toISOString().slice(0, -1);
  const minutes = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

/** `2026-03-01 11:00` of the zone. Of two times that are called so, the later one: Jira does not say which it takes. */
export function fromLocalTime(text: string, timeZone: string): number {
  const wall = Date.parse(`${text.replace(' ', 'T')}:00Z`);
  const day = 24 * 60 * 60_000;
  const offsets = [wall - day, wall, wall + day].map((time) => offsetOf(time, timeZone));
  const times = offsets.map((offset) => wall - offset * 60_000);
  const right = times.filter((time) => time + offsetOf(time, timeZone) * 60_000 === wall);
  return Math.max(...(right.length > 0 ? right : times));
}

/** They are slow to make. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** In minutes. */
function offsetOf(time: number, timeZone: string): number {
  const known = formats.get(timeZone);
  const format = known ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  const parts = format.formatToParts(time);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
