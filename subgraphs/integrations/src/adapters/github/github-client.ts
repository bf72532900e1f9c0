/** Requests to GitHub by octokit over a connection, and what their failures mean for the tenant. */
import { Octokit } from '@octokit/rest';
import { RequestError } from '@octokit/request-error';
import { OutboundError } from '@flowgrid/outbound';
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { ConnectorError, statusError, unreadableAnswer } from '../connector-error.ts';
import { findGitHubLimits } from './github-limits.ts';

const SYSTEM = 'GitHub';
const NOT_FOUND_HINT = "A GitHub Enterprise Server's API ends in /api/v3.";
const NEEDED = /^[a-z_]{1,40}=(read|write|admin)(?=$|[,;])/;
const SECOND_MS = 1_000;

/** What a work of GitHub's may say beside the words that all systems have. */
export interface GitHubWords {
  /** Where 404 does not speak of the address: what is not there. */
  readonly missing?: string;
  /** Where 422 may come: what GitHub may not like. */
  readonly refused?: string;
}

/**
 * Runs a piece of work with a client of its own. Limits, pauses and repetitions are the connection's business: octokit's plugins
 * for them would do it a second time, and in this process alone.
 * @throws ConnectorError or OutboundError.
 */
export async function askGitHub<Result>(
  connection: Connection,
  signal: AbortSignal,
  work: (octokit: Octokit) => Promise<Result>,
  words: GitHubWords = {},
): Promise<Result> {
  try {
    return await work(open(connection, signal));
  } catch (error) {
    throw toFailure(error, words);
  }
}

function open({ apiUrl, fetch }: Connection, signal: AbortSignal): Octokit {
  // octokit writes to the console by default, and its messages carry what the server sent.
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return new Octokit({
    baseUrl: apiUrl.replace(/\/$/, ''),
    userAgent: 'Flowgrid',
    log,
    request: { fetch: toFetch(fetch), signal, log },
  });
}

function ignore(): void {}

const requestSchema = z.object({
  method: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/** Only what reads may be sent again. */
function toFetch(fetch: Connection['fetch']): (url: string, init: unknown) => Promise<Response> {
  return async (url, init) => {
    const { method, headers, body, signal } = requestSchema.parse(init);
    return fetch(url, {
      method,
      headers,
      isRepeatable: method === 'GET',
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
  };
}

/** True for a refusal by GitHub with one of these statuses. */
export function isRefusal(error: unknown, statuses: readonly number[]): error is RequestError {
  return error instanceof RequestError && !isOurs(error.cause) && statuses.includes(error.status);
}

/** True for an answer whose words are these; they are compared, never repeated. */
export function saysMessage(error: unknown, pattern: RegExp): boolean {
  return error instanceof RequestError && pattern.test(toBody(error));
}

/** Null for what is not there, any more or at all. */
export async function orNullWhenGone<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (isRefusal(error, [404, 410])) return null;
    throw error;
  }
}

export function parseAnswer<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const answer = schema.safeParse(data);
  if (!answer.success) throw unreadableAnswer(SYSTEM);
  return answer.data;
}

function isOurs(error: unknown): error is ConnectorError | OutboundError {
  return error instanceof ConnectorError || error instanceof OutboundError;
}

function toFailure(error: unknown, words: GitHubWords): Error {
  if (isOurs(error)) return toMoved(error, words);
  if (!(error instanceof RequestError)) return unreadableAnswer(SYSTEM, error);
  if (isOurs(error.cause)) return toMoved(error.cause, words);
  const { status } = error;
  const limits = findGitHubLimits(
    { status, header: (name) => headerOf(error, name), body: toBody(error) },
    new Date(),
  );
  if (limits.pauseUntil !== null && status >= 400) {
    const seconds = Math.max(1, Math.ceil((limits.pauseUntil.getTime() - Date.now()) / SECOND_MS));
    return toStatusError(429, String(seconds));
  }
  if (status === 403) return toForbidden(error);
  if (status === 404 && words.missing !== undefined) return new ConnectorError(words.missing, { status });
  if (status === 422 && words.refused !== undefined) return new ConnectorError(words.refused, { status });
  if (status === 410) return new ConnectorError('At GitHub this is deleted or turned off (410).', { status });
  return toStatusError(status, null);
}

function toStatusError(status: number, retryAfter: string | null): ConnectorError {
  return statusError(status, { system: SYSTEM, notFoundHint: NOT_FOUND_HINT, retryAfter });
}

/** Repositories that were renamed and issues that were transferred answer with a redirect, which is not followed. */
function toMoved(error: ConnectorError | OutboundError, words: GitHubWords): Error {
  const isMoved =
    error instanceof OutboundError && error.reason === 'REDIRECT' && words.missing !== undefined;
  if (!isMoved) return error;
  return new ConnectorError('GitHub answers that this has moved: use the new name of its repository.', {
    cause: error,
  });
}

/** Fine-grained tokens and apps are told which permission an endpoint wants; it is said when it reads like one. */
function toForbidden(error: RequestError): ConnectorError {
  const plain = toStatusError(error.status, null);
  const [needed] = NEEDED.exec(headerOf(error, 'x-accepted-github-permissions') ?? '') ?? [];
  if (needed === undefined) return plain;
  const [permission = '', level = ''] = needed.split('=');
  return new ConnectorError(`${plain.message} This needs "${permission.replaceAll('_', ' ')}: ${level}".`, {
    status: error.status,
  });
}

function headerOf(error: RequestError, name: string): string | null {
  const headers = new Map(Object.entries(error.response?.headers ?? {}));
  const value = headers.get(name);
  return value === undefined ? null : String(value);
}

function toBody({ response }: RequestError): string {
  const data: unknown = response?.data;
  return typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
}
