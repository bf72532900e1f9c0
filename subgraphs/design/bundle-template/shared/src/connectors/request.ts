/** One HTTP request that sends and takes JSON: tried again when the other side is busy, never followed elsewhere. */
import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';

const MAX_ATTEMPTS = 3;
const MAX_WAIT_MS = 10_000;
const MAX_ERROR_CHARACTERS = 500;

export interface JsonRequest<Answer extends z.ZodType> {
  /** Names the other side in errors. */
  readonly system: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
  readonly answer: Answer;
}

/** The other side refused; the message says with which status. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  readonly status: number;

  constructor(system: string, status: number, detail: string) {
    super(`${system} answered ${status}: ${detail.slice(0, MAX_ERROR_CHARACTERS)}`);
    this.status = status;
  }
}

export async function requestJson<Answer extends z.ZodType>(
  request: JsonRequest<Answer>,
): Promise<z.infer<Answer>> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(request);
    if (response.ok) {
      const text = await response.text();
      return request.answer.parse(text === '' ? null : JSON.parse(text));
    }
    // A refusal for being busy was not carried out, so that trying again cannot do a thing twice.
    const isBusy = response.status === 429 || response.status === 503;
    if (!isBusy || attempt === MAX_ATTEMPTS) {
      throw new ConnectorError(request.system, response.status, await response.text());
    }
    await response.body?.cancel();
    await wait(waitMs(response, attempt), undefined, { signal: request.signal });
  }
}

async function send<Answer extends z.ZodType>(request: JsonRequest<Answer>): Promise<Response> {
  const { method, url, headers, body, signal } = request;
  return await fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    // Credentials must not travel to wherever a redirect points.
    redirect: 'error',
    signal,
  });
}

function waitMs(response: Response, attempt: number): number {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Math.min(Number.isFinite(seconds) ? seconds * 1_000 : 250 * 2 ** attempt, MAX_WAIT_MS);
}
