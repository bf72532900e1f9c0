/** What callers send, checked. */
import { z } from 'zod';
import { invalidInput, line, ownId } from '@flowgrid/platform';
import { INTEGRATION_KINDS, type IntegrationKind } from './integration.ts';

const MAX_NAME_LENGTH = 100;
const MAX_URL_LENGTH = 500;

const name = line(MAX_NAME_LENGTH);
const baseUrl = z.instanceof(URL).nullish();
const MAX_REQUESTS_PER_MINUTE = 10_000;
const requestsPerMinute = z
  .int()
  .min(1, 'At least 1 request per minute.')
  .max(MAX_REQUESTS_PER_MINUTE, `At most ${MAX_REQUESTS_PER_MINUTE} requests per minute.`)
  .nullish();

export const createSchema = z.object({
  id: ownId.nullish(),
  kind: z.enum(INTEGRATION_KINDS),
  name,
  baseUrl,
  credential: z.unknown(),
  requestsPerMinute,
});
export type CreateIntegration = z.input<typeof createSchema>;

export const updateSchema = z.object({
  id: z.string(),
  name: name.nullish(),
  baseUrl,
  credential: z.unknown().optional(),
  requestsPerMinute,
});
export type UpdateIntegration = z.input<typeof updateSchema>;

const GITHUB_API = 'https://api.github.com';

/**
 * The address to store: without a final slash, so that one place has one spelling.
 * @throws InvalidInput with the path `baseUrl`.
 */
export function toBaseUrl(
  kind: IntegrationKind,
  url: URL | null | undefined,
  findProblem: (url: URL) => string | null,
): string {
  if (url == null) {
    if (kind === 'GITHUB') return GITHUB_API;
    throw invalidInput('REQUIRED', 'The address of the server is required.', ['baseUrl']);
  }
  const problem = findProblem(url) ?? findShapeProblem(kind, url);
  if (problem !== null) throw invalidInput('INVALID', problem, ['baseUrl']);
  const address = url.href.replace(/\/+$/, '');
  if (address.length > MAX_URL_LENGTH)
    throw invalidInput('TOO_LONG', 'The address is too long.', ['baseUrl']);
  return address;
}

function findShapeProblem(kind: IntegrationKind, url: URL): string | null {
  if (url.search !== '' || url.hash !== '') return 'The address must end before "?" and "#".';
  const isGitHubSite = kind === 'GITHUB' && ['github.com', 'www.github.com'].includes(url.hostname);
  return isGitHubSite ? `GitHub's API is at ${GITHUB_API}; leave the address out.` : null;
}
