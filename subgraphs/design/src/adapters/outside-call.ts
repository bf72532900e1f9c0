/** Calls of other services: in time, tried again with care, and one kind of error. */
import {
  DEADLINE_HEADER,
  PolicyRefusal,
  currentScope,
  currentTraceparent,
  openReplicaClient,
  type FailureKind,
  type Logger,
  type OutsidePolicies,
  type OutsidePolicy,
  type ReplicaClient,
  type ServiceUrls,
} from '@flowgrid/platform';
import { z } from 'zod';

const TRY_TIMEOUT_MS = 5_000;
const TOTAL_TIMEOUT_MS = 20_000;
const RETRIES = 3;
/** Short: these services are restarted, not far away. */
const OPEN_FOR_MS = 2_000;

/** Statuses and codes that say "later". */
const BUSY: ReadonlySet<unknown> = new Set([408, 425, 429, 'RATE_LIMITED']);

/** How a call failed: nobody answered, the caller may not, or the answer is not what was agreed. */
export type OutsideProblem = 'UNREACHABLE' | 'REFUSED' | 'UNEXPECTED';

export class OutsideError extends Error {
  override readonly name = 'OutsideError';
  readonly problem: OutsideProblem;
  readonly service: string;
  /** The service is there and asks to come back later. */
  readonly isBusy: boolean;

  constructor(service: string, problem: OutsideProblem, message: string, cause?: unknown) {
    super(`${service}: ${message}`, cause === undefined ? undefined : { cause });
    this.service = service;
    this.problem = problem;
    this.isBusy = BUSY.has(cause);
  }
}

/** A service, at whichever of its replicas, and how it is called. */
export interface ServiceClient extends Pick<ReplicaClient, 'fetch'> {
  readonly policy: OutsidePolicy;
  /** Of one try. */
  readonly tryTimeoutMs: number;
}

/** Opens connections to a service when they are needed. The caller owns it and disposes of it. */
export function openService(options: {
  readonly service: string;
  readonly urls: ServiceUrls;
  readonly policies: OutsidePolicies;
  readonly logger: Logger;
  /** Longest wait before the second try. */
  readonly waitMs?: number;
  /** Of one try, where the other service has to ask others. */
  readonly tryTimeoutMs?: number;
}): ServiceClient & AsyncDisposable {
  const { service, urls, policies, logger, waitMs, tryTimeoutMs = TRY_TIMEOUT_MS } = options;
  const client = openReplicaClient({ service, urls, timeoutMs: tryTimeoutMs, logger });
  const policy = policies.get({
    name: service,
    classify: toFailureKind,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    tryTimeoutMs,
    retries: RETRIES,
    opensForMs: OPEN_FOR_MS,
    ...(waitMs !== undefined && { waitMs }),
  });
  return {
    policy,
    tryTimeoutMs,
    fetch: (path, init) => client.fetch(path, init),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function toFailureKind(error: unknown): FailureKind {
  if (!(error instanceof OutsideError) || error.problem !== 'UNREACHABLE') return 'answered';
  return error.isBusy ? 'busy' : 'outage';
}

export interface OutsideCall {
  /** For messages: `agents`. */
  readonly service: string;
  readonly client: ServiceClient;
  readonly path: string;
  readonly authorization: string;
  readonly body: object;
  /** Gives the call up. */
  readonly signal: AbortSignal;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Posts JSON; tries again while nobody answers. @throws OutsideError, or the signal's reason. */
export function postJson(call: OutsideCall): Promise<OutsideAnswer> {
  return keepTrying(call, (signal) => postOnce({ ...call, signal }));
}

/**
 * Runs one try after the other by the policy of the service, until the signal or the deadline of the request that this is
 * for. @throws OutsideError, or the reason of either.
 */
export async function keepTrying<Result>(
  { service, client, signal }: Pick<OutsideCall, 'service' | 'client' | 'signal'>,
  tryOnce: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = currentScope()?.deadline?.signal;
  const either = deadline === undefined ? signal : AbortSignal.any([signal, deadline]);
  try {
    // Whatever is called so has the same effect when it is done twice.
    return await client.policy.run(tryOnce, { signal: either, isRepeatable: true });
  } catch (error) {
    either.throwIfAborted();
    if (error instanceof PolicyRefusal) throw new OutsideError(service, 'UNREACHABLE', 'no answer', error);
    throw error;
  }
}

/** One try. */
export async function postOnce(call: OutsideCall): Promise<OutsideAnswer> {
  const { service, client, path, authorization, body, signal } = call;
  let response: Response;
  let text: string;
  try {
    response = await client.fetch(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization,
        ...contextHeaders(client.tryTimeoutMs),
      },
      body: JSON.stringify(body),
      isRepeatable: true,
      signal,
    });
    text = await response.text();
  } catch (error) {
    throw new OutsideError(service, 'UNREACHABLE', 'no answer', error);
  }
  if ([408, 425, 429, 502, 503, 504].includes(response.status)) {
    throw new OutsideError(service, 'UNREACHABLE', `answered ${response.status}`, response.status);
  }
  const parsed = jsonText.safeParse(text);
  if (!parsed.success)
    throw new OutsideError(service, 'UNEXPECTED', `answered ${response.status} without JSON`);
  return { status: response.status, body: parsed.data };
}

/** What the other service has to know of the request that this is for. */
function contextHeaders(tryTimeoutMs: number): Record<string, string> {
  const scope = currentScope();
  const traceparent = currentTraceparent();
  const leftMs = Math.min(scope?.deadline?.leftMs() ?? tryTimeoutMs, tryTimeoutMs);
  return {
    [DEADLINE_HEADER]: String(leftMs),
    ...(traceparent !== undefined && { traceparent }),
    ...(scope && scope.requestId !== null && { 'x-request-id': scope.requestId }),
  };
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
