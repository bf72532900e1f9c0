/** What the answers of each kind of system say about its limits. */
import { readGitHubLimits } from '../../adapters/github/github-limits.ts';
import { NO_LIMITS, type ReadLimits } from '../../adapters/vendor-limits.ts';
import type { IntegrationKind } from '../integration/integration.ts';

const MAX_PAUSE_MS = 24 * 60 * 60 * 1000;
const LIMITED = [429, 503];

/** RFC 9110: seconds, or a date. */
export const readRetryAfter: ReadLimits = (response, now) => {
  const text = response.headers.get('retry-after')?.trim();
  if (text === undefined || !LIMITED.includes(response.status)) return NO_LIMITS;
  const until = /^\d{1,9}$/.test(text) ? now.getTime() + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(until) || until <= now.getTime()) return NO_LIMITS;
  return { pauseUntil: new Date(Math.min(until, now.getTime() + MAX_PAUSE_MS)), reason: 'RATE_LIMIT' };
};

export const READ_LIMITS: Readonly<Record<IntegrationKind, ReadLimits>> = {
  GITHUB: readGitHubLimits,
  JIRA: readRetryAfter,
  SERVICENOW: readRetryAfter,
};
