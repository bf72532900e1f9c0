/** Calls of other services: a timeout per try, few tries, and one kind of error. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicaClient } from '@flowgrid/platform';
import { z } from 'zod';

const TRIES = 4;
const WAIT_MS = 250;

/** How a call failed: nobody answered, the caller may not, or the answer is not what was agreed. */
export type OutsideProblem = 'UNREACHABLE' | 'REFUSED' | 'UNEXPECTED';

export class OutsideError extends Error {
  override readonly name = 'OutsideError';
  readonly problem: OutsideProblem;
  readonly service: string;

  constructor(service: string, problem: OutsideProblem, message: string, cause?: unknown) {
    super(`${service}: ${message}`, cause === undefined ? undefined : { cause });
    this.service = service;
    this.problem = problem;
  }
}

/** A service, at whichever of its replicas. */
export type ServiceClient = Pick<ReplicaClient, 'fetch'>;

/** How long one try of a client may take; the calls themselves are tried again. */
export const TRY_TIMEOUT_MS = 5_000;

export interface OutsideCall {
  /** For messages: `agents`. */
  readonly service: string;
  readonly client: ServiceClient;
  readonly path: string;
  readonly authorization: string;
  readonly body: object;
  /** Gives the call up. */
  readonly signal: AbortSignal;
  /** Before the second try; doubled before each further one. */
  readonly waitMs?: number | undefined;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Posts JSON; tries again while nobody answers. @throws OutsideError, or the signal's reason. */
export async function postJson(call: OutsideCall): Promise<OutsideAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await postOnce(call);
    } catch (error) {
      call.signal.throwIfAborted();
      const isLast = attempt === TRIES;
      if (isLast || !(error instanceof OutsideError) || error.problem !== 'UNREACHABLE') throw error;
    }
    const wait = (call.waitMs ?? WAIT_MS) * 2 ** (attempt - 1);
    await delay(wait * (0.5 + Math.random()), undefined, { signal: call.signal });
  }
}

async function postOnce(call: OutsideCall): Promise<OutsideAnswer> {
  const { service, client, path, authorization, body, signal } = call;
  let response: Response;
  let text: string;
  try {
    response = await client.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization },
      body: JSON.stringify(body),
      // Whatever is called so is tried again here too: its effect is the same when it is done twice.
      isRepeatable: true,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_TIMEOUT_MS)]),
    });
    text = await response.text();
  } catch (error) {
    throw new OutsideError(service, 'UNREACHABLE', 'no answer', error);
  }
  if ([429, 502, 503, 504].includes(response.status)) {
    throw new OutsideError(service, 'UNREACHABLE', `answered ${response.status}`);
  }
  const parsed = jsonText.safeParse(text);
  if (!parsed.success)
    throw new OutsideError(service, 'UNEXPECTED', `answered ${response.status} without JSON`);
  return { status: response.status, body: parsed.data };
}

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Whatever answered is not the service; the caller is told so.
    context.addIssue('not JSON');
    return z.NEVER;
  }
});
