/** Fields and kinds of issues by the names that people in a Jira know them by. */
import { toItemLine } from '../external-item.ts';

const MAX_NAMED = 10;
const MAX_NAME_LENGTH = 60;

/** Fit to be shown in a sentence. */
export function toName(name: string): string {
  return toItemLine(name).replaceAll('"', "'").slice(0, MAX_NAME_LENGTH).toWellFormed();
}

/** `"Team", "Severity"`. */
export function toNames(named: readonly { readonly name: string }[]): string {
  const names = named.slice(0, MAX_NAMED).map(({ name }) => `"${toName(name)}"`);
  return named.length > MAX_NAMED ? `${names.join(', ')} and more` : names.join(', ');
}
