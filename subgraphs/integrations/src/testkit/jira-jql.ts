/** The part of Jira's query language that is asked here, read strictly: whatever else comes is an error. */
import { fromLocalTime, type JiraIssue, type JiraWorld } from './jira-world.ts';

export interface JiraQuery {
  readonly matches: (issue: JiraIssue) => boolean;
  readonly compare: (one: JiraIssue, other: JiraIssue) => number;
  /** False for a query without any condition. */
  readonly isBounded: boolean;
}

/** In Jira's words. */
export class JqlError extends Error {}

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|(>=|=|~|,)|([A-Za-z][A-Za-z0-9_.]*))/y;

type Token = { readonly kind: 'TEXT' | 'WORD' | 'MARK'; readonly text: string };

export function parseJql(jql: string, world: JiraWorld): JiraQuery {
  const tokens = tokenize(jql);
  const order = tokens.findIndex(({ kind, text }) => kind === 'WORD' && text.toUpperCase() === 'ORDER');
  const conditions = order === -1 ? tokens : tokens.slice(0, order);
  const clauses = parseConditions(conditions, world);
  return {
    matches: (issue) => clauses.every((clause) => clause(issue)),
    compare: parseOrder(order === -1 ? [] : tokens.slice(order)),
    isBounded: clauses.length > 0,
  };
}

function tokenize(jql: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (jql.slice(TOKEN.lastIndex).trim() !== '') {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(jql);
    if (!found) throw new JqlError(`Error in the JQL Query: unexpected character at ${start}.`);
    const [, text, mark, word] = found;
    if (text !== undefined) tokens.push({ kind: 'TEXT', text: text.replaceAll(/\\(.)/g, '$1') });
    else if (mark !== undefined) tokens.push({ kind: 'MARK', text: mark });
    else tokens.push({ kind: 'WORD', text: word ?? '' });
  }
  return tokens;
}

function parseConditions(
  tokens: readonly Token[],
  world: JiraWorld,
): readonly ((issue: JiraIssue) => boolean)[] {
  const clauses: ((issue: JiraIssue) => boolean)[] = [];
  for (let index = 0; index < tokens.length; index += 4) {
    const [field, mark, value, and] = tokens.slice(index, index + 4);
    const isEnd = and === undefined || (and.kind === 'WORD' && and.text.toUpperCase() === 'AND');
    if (field?.kind !== 'WORD' || mark?.kind !== 'MARK' || value?.kind !== 'TEXT' || !isEnd) {
      throw new JqlError('Error in the JQL Query: a condition is not understood.');
    }
    clauses.push(toClause(`${field.text} ${mark.text}`, value.text, world));
  }
  return clauses;
}

function toClause(condition: string, value: string, world: JiraWorld): (issue: JiraIssue) => boolean {
  switch (condition) {
    case 'project =':
      if (!world.projects.has(value))
        throw new JqlError(`The value '${value}' does not exist for the field 'project'.`);
      return ({ project }) => project === value;
    case 'updated >=': {
      const since = toTime(value, world);
      return ({ updated }) => updated >= since;
    }
    case 'text ~': {
      const words = value.toLowerCase().split(/\s+/);
      return ({ summary, description }) => {
        const text = `${summary} ${JSON.stringify(description)}`.toLowerCase();
        return words.every((word) => text.includes(word));
      };
    }
    default:
      throw new JqlError(`Field '${condition}' does not exist or you do not have permission to view it.`);
  }
}

function toTime(value: string, { timeZone, now }: JiraWorld): number {
  const days = /^-(\d{1,4})d$/.exec(value)?.[1];
  if (days !== undefined) return now() - Number(days) * 24 * 60 * 60_000;
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(value)) {
    throw new JqlError(`Date value '${value}' for field 'updated' is invalid.`);
  }
  return fromLocalTime(value, timeZone);
}

function parseOrder(tokens: readonly Token[]): JiraQuery['compare'] {
  const words = tokens.map(({ text }) => text).join(' ');
  const isAscending = /^ORDER BY updated ASC , key ASC$/.test(words);
  if (!isAscending && words !== '' && words !== 'ORDER BY updated DESC') {
    throw new JqlError('Error in the JQL Query: the order is not understood.');
  }
  const sign = isAscending ? 1 : -1;
  return (one, other) =>
    sign *
    (one.updated - other.updated ||
      (one.project < other.project ? -1 : 1) * Number(one.project !== other.project) ||
      one.number - other.number);
}
