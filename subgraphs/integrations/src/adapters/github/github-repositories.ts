/** Repositories: their names, and those that a credential shows. */
import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import { ConnectorError } from '../connector-error.ts';
import { isRefusal, parseAnswer } from './github-client.ts';

export interface RepositoryPlace {
  readonly owner: string;
  readonly repo: string;
}

export type ShownRepository = z.output<typeof repositorySchema>;

export interface ShownRepositories {
  readonly repositories: readonly ShownRepository[];
  /** True when the token is an installation's: it is an app's, and nobody's own. */
  readonly isInstallation: boolean;
  /** False when there are more than were asked for. */
  readonly isComplete: boolean;
}

export const REPOSITORY_MISSING = 'GitHub has no such repository, or the credential does not show it (404).';
const PLACE = /^([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([\w.-]{1,100})$/;
const PAGE = 100;
/** A thousand repositories: each page is a request. */
const MAX_PAGES = 10;

const repositorySchema = z.object({
  id: z.number(),
  full_name: z.string(),
  private: z.boolean(),
  archived: z.boolean().default(false),
  default_branch: z.string(),
  owner: z.object({ login: z.string() }),
  permissions: z
    .object({ admin: z.boolean().default(false), push: z.boolean().default(false) })
    .default({ admin: false, push: false }),
});
const pageSchema = z.array(repositorySchema);
const installationSchema = z.object({ repositories: pageSchema });

/** `owner/repository`; null for anything else. */
export function parseRepository(name: string): RepositoryPlace | null {
  const [, owner, repo] = PLACE.exec(name.trim()) ?? [];
  if (owner === undefined || repo === undefined || repo === '.' || repo === '..') return null;
  return { owner, repo };
}

/** @throws ConnectorError for what cannot be a repository. */
export function requireRepository(name: string): RepositoryPlace {
  const place = parseRepository(name);
  if (place === null) throw new ConnectorError('Name a repository as "owner/repository".');
  return place;
}

export async function getRepository(octokit: Octokit, place: RepositoryPlace): Promise<ShownRepository> {
  const { data } = await octokit.rest.repos.get({ ...place });
  return parseAnswer(repositorySchema, data);
}

/** What the credential shows, the last pushed first where GitHub sorts. */
export async function listRepositories(octokit: Octokit, maxPages = MAX_PAGES): Promise<ShownRepositories> {
  const ofUser = async (page: number): Promise<ShownRepository[]> => {
    const query = { sort: 'pushed', direction: 'desc', per_page: PAGE, page } as const;
    const { data } = await octokit.rest.repos.listForAuthenticatedUser(query);
    return parseAnswer(pageSchema, data);
  };
  const ofInstallation = async (page: number): Promise<ShownRepository[]> => {
    const { data } = await octokit.rest.apps.listReposAccessibleToInstallation({ per_page: PAGE, page });
    return parseAnswer(installationSchema, data).repositories;
  };
  try {
    return { ...(await readPages(ofUser, maxPages)), isInstallation: false };
  } catch (error) {
    if (!isRefusal(error, [403, 404])) throw error;
    return { ...(await readPages(ofInstallation, maxPages)), isInstallation: true };
  }
}

async function readPages(
  read: (page: number) => Promise<ShownRepository[]>,
  maxPages: number,
): Promise<Omit<ShownRepositories, 'isInstallation'>> {
  const repositories: ShownRepository[] = [];
  for (let page = 1; page <= maxPages; page += 1) {
    const next = await read(page);
    repositories.push(...next);
    if (next.length < PAGE) return { repositories, isComplete: true };
  }
  return { repositories, isComplete: false };
}
