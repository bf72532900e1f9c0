/** GitHub and GitHub Enterprise Server, by octokit. */
import { Octokit } from '@octokit/rest';
import { RequestError } from '@octokit/request-error';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { ConnectorError, statusError, toLogin, unreadableAnswer } from '../connector-error.ts';
import type { ConnectionCheck, Connector } from '../connector.ts';
import { getIssue, listIssues, parseIssueKey } from './github-issues.ts';
import { OutboundError } from '@flowgrid/outbound';

const SYSTEM = 'GitHub';
const NOT_FOUND_HINT = "A GitHub Enterprise Server's API ends in /api/v3.";
/** Somebody waits for the answer: one more attempt, and only when GitHub wants no longer pause than this. */
const MAX_RETRIES = 1;
const MAX_PAUSE_SECONDS = 2;
const MAX_SCOPES = 50;
/** Statuses that a repetition does not mend, or that throttling handles (403, 429). */
const FINAL_STATUSES = [400, 401, 403, 404, 410, 422, 429, 451];

const userSchema = z.object({ login: z.string().min(1) });

/** Takes a refusal of the address out of octokit's hands before it is taken for a server that may recover. */
function passOutboundErrors(octokit: Pick<Octokit, 'hook'>): void {
  octokit.hook.error('request', (error) => {
    throw error.cause instanceof OutboundError && error.cause.reason !== 'CONNECTION' ? error.cause : error;
  });
}

const GuardedOctokit = Octokit.plugin(passOutboundErrors, retry, throttling);

export function createGitHubConnector(
  options: {
    /** What a second of waiting lasts. */
    readonly secondMs?: number;
  } = {},
): Pick<Connector, 'capabilities' | 'check' | 'listItems' | 'findItem'> {
  const open = ({ id, apiUrl, fetch }: Connection, signal: AbortSignal): Octokit =>
    new GuardedOctokit({
      baseUrl: apiUrl.replace(/\/$/, ''),
      userAgent: 'Flowgrid',
      request: { fetch, signal },
      // octokit writes to the console by default, and its messages carry what the server sent.
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      retry: {
        retries: MAX_RETRIES,
        doNotRetry: FINAL_STATUSES,
        retryAfterBaseValue: options.secondMs ?? 1000,
      },
      throttle: {
        id,
        retryAfterBaseValue: options.secondMs ?? 1000,
        onRateLimit: mayRetry,
        onSecondaryRateLimit: mayRetry,
      },
    });
  return {
    capabilities: ['READ_ITEMS'],
    check: async (connection, signal) => {
      try {
        const { data, headers } = await open(connection, signal).rest.users.getAuthenticated();
        return toAccount(data, headers['x-oauth-scopes']);
      } catch (error) {
        throw toFailure(error);
      }
    },
    listItems: async (connection, query, signal) => {
      try {
        return await listIssues(open(connection, signal), query);
      } catch (error) {
        throw toFailure(error);
      }
    },
    findItem: async (connection, key, signal) => {
      const place = parseIssueKey(key);
      if (place === null) return null;
      try {
        return await getIssue(open(connection, signal), place);
      } catch (error) {
        // What was deleted or moved away is gone for this key.
        if (error instanceof RequestError && [301, 404, 410].includes(error.status)) return null;
        throw toFailure(error);
      }
    },
  };
}

function ignore(): void {}

function mayRetry(retryAfter: number, _options: object, _octokit: object, retryCount: number): boolean {
  return retryCount < MAX_RETRIES && retryAfter <= MAX_PAUSE_SECONDS;
}

/** Classic tokens tell their scopes in a header; fine-grained ones do not. */
function toAccount(data: unknown, scopes: string | undefined): ConnectionCheck {
  const user = userSchema.safeParse(data);
  if (!user.success) throw unreadableAnswer(SYSTEM);
  const permissions = (scopes ?? '')
    .split(',')
    .map((scope) => toLogin(scope.trim()))
    .filter((scope) => scope !== '');
  return { login: toLogin(user.data.login), permissions: permissions.slice(0, MAX_SCOPES), capabilities: [] };
}

function toFailure(error: unknown): Error {
  if (error instanceof ConnectorError || error instanceof OutboundError) return error;
  if (!(error instanceof RequestError)) return unreadableAnswer(SYSTEM, error);
  if (error.cause instanceof OutboundError) return error.cause;
  const headers = error.response?.headers ?? {};
  const isRateLimited = error.status === 403 && headers['x-ratelimit-remaining'] === '0';
  const retryAfter = headers['retry-after'];
  return statusError(isRateLimited ? 429 : error.status, {
    system: SYSTEM,
    notFoundHint: NOT_FOUND_HINT,
    retryAfter: retryAfter === undefined ? null : String(retryAfter),
  });
}
