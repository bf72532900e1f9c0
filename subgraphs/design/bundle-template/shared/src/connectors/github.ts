/** GitHub's REST API: issues of one repository. */
import { z } from 'zod';
import { readEnv, requireEnv } from '../env.ts';
import type { Item } from './item.ts';
import { requestJson } from './request.ts';

const issueSchema = z.object({ number: z.int(), title: z.string(), html_url: z.string() });

type Issue = z.infer<typeof issueSchema>;

function connection(): { api: string; repository: string; headers: Record<string, string> } {
  const repository = requireEnv('GITHUB_REPOSITORY');
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new Error('GITHUB_REPOSITORY must be owner/name.');
  return {
    api: (readEnv('GITHUB_API_URL') ?? 'https://api.github.com').replace(/\/$/, ''),
    repository,
    headers: {
      authorization: `Bearer ${requireEnv('GITHUB_TOKEN')}`,
      'x-github-api-version': '2022-11-28',
      'user-agent': 'agent',
    },
  };
}

function toItem({ number, title, html_url: url }: Issue): Item {
  return { key: `#${number}`, title, url };
}

export interface NewItem {
  readonly title: string;
  readonly text: string;
}

export async function createItem({ title, text }: NewItem, signal: AbortSignal): Promise<Item> {
  const { api, repository, headers } = connection();
  const url = `${api}/repos/${repository}/issues`;
  const body = { title, body: text };
  return toItem(
    await requestJson({ system: 'GitHub', method: 'POST', url, headers, body, signal, answer: issueSchema }),
  );
}

export async function searchItems(query: string, signal: AbortSignal): Promise<readonly Item[]> {
  const { api, repository, headers } = connection();
  const url = new URL(`${api}/search/issues`);
  // Quotes keep words of the query from being read as qualifiers that reach other repositories.
  url.searchParams.set('q', `"${query.replace(/["\\]/g, ' ')}" repo:${repository}`);
  url.searchParams.set('per_page', '20');
  const answer = z.object({ items: z.array(issueSchema) });
  const { items } = await requestJson({
    system: 'GitHub',
    method: 'GET',
    url: url.href,
    headers,
    signal,
    answer,
  });
  return items.map(toItem);
}
