/** Jira's REST API: issues of one project. */
import { z } from 'zod';
import { readEnv, requireEnv } from '../env.ts';
import type { Item } from './item.ts';
import { requestJson } from './request.ts';

const DEFAULT_ISSUE_TYPE = 'Task';

function connection(): { base: string; project: string; headers: Record<string, string> } {
  const credential = `${requireEnv('JIRA_EMAIL')}:${requireEnv('JIRA_API_TOKEN')}`;
  const project = requireEnv('JIRA_PROJECT_KEY');
  if (!/^[A-Z][A-Z0-9_]+$/.test(project)) throw new Error('JIRA_PROJECT_KEY must be the key of a project.');
  return {
    base: requireEnv('JIRA_BASE_URL').replace(/\/$/, ''),
    project,
    headers: { authorization: `Basic ${Buffer.from(credential).toString('base64')}` },
  };
}

export interface NewItem {
  readonly title: string;
  readonly text: string;
}

export async function createItem({ title, text }: NewItem, signal: AbortSignal): Promise<Item> {
  const { base, project, headers } = connection();
  const issueType = readEnv('JIRA_ISSUE_TYPE') ?? DEFAULT_ISSUE_TYPE;
  const { key } = await requestJson({
    system: 'Jira',
    method: 'POST',
    url: `${base}/rest/api/3/issue`,
    headers,
    body: {
      fields: {
        project: { key: project },
        issuetype: { name: issueType },
        summary: title,
        description: toDocument(text),
      },
    },
    signal,
    answer: z.object({ key: z.string() }),
  });
  return { key, title, url: `${base}/browse/${key}` };
}

export async function searchItems(query: string, signal: AbortSignal): Promise<readonly Item[]> {
  const { base, project, headers } = connection();
  const words = query.replace(/["\\]/g, ' ').trim();
  const { issues } = await requestJson({
    system: 'Jira',
    method: 'POST',
    url: `${base}/rest/api/3/search/jql`,
    headers,
    body: {
      jql: `project = "${project}" AND text ~ "${words}" ORDER BY updated DESC`,
      fields: ['summary'],
      maxResults: 20,
    },
    signal,
    answer: z.object({
      issues: z.array(z.object({ key: z.string(), fields: z.object({ summary: z.string() }) })),
    }),
  });
  return issues.map(({ key, fields }) => ({ key, title: fields.summary, url: `${base}/browse/${key}` }));
}

/** Atlassian's document format: one paragraph per line. */
function toDocument(text: string): object {
  const paragraphs = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ type: 'paragraph', content: [{ type: 'text', text: line }] }));
  return { type: 'doc', version: 1, content: paragraphs };
}
