/** What connectors give: an issue, a ticket or a record, in the words of none of them. */

export interface Item {
  /** What people call it by: `OPS-12`, `#7`, `INC0010001`. */
  readonly key: string;
  readonly title: string;
  readonly url: string;
}

const MAX_TITLE = 200;

/** A title and a text from what a tool was given. */
export function describeInput(
  purpose: string,
  input: Readonly<Record<string, unknown>>,
): { title: string; text: string } {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined && value !== null);
  const lines = entries.map(([name, value]) => `${name.replaceAll('_', ' ')}: ${toText(value)}`);
  const first = entries.find(([, value]) => typeof value === 'string')?.[1];
  const title = typeof first === 'string' ? `${purpose}: ${first}` : purpose;
  return { title: title.replace(/\s+/g, ' ').slice(0, MAX_TITLE), text: lines.join('\n') };
}

/** The words to search for. */
export function toQuery(input: Readonly<Record<string, unknown>>): string {
  return Object.values(input).map(toText).join(' ').replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE);
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
