/** Texts as a Jira takes them: a document in Cloud, its own notation in Data Center. */
import { ConnectorError } from '../connector-error.ts';
import type { JiraSite } from './jira-site.ts';
import { toAdf, type AdfNode } from './markdown-adf.ts';
import { toWiki } from './markdown-wiki.ts';

/** Of both editions. */
const MAX_LENGTH = 32_767;

/** @throws ConnectorError for what is longer than Jira takes. */
export function toJiraText({ edition }: JiraSite, markdown: string): AdfNode | string {
  const text = edition === 'CLOUD' ? toAdf(markdown) : toWiki(markdown);
  const length = typeof text === 'string' ? text.length : markdown.length;
  if (length > MAX_LENGTH) {
    throw new ConnectorError(`The text is too long for Jira, which takes ${MAX_LENGTH} characters.`);
  }
  return text;
}
