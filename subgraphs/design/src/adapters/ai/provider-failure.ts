/** What the failures of providers mean, in the words of AiError. Nothing of a key, a prompt or an answer gets into a message. */
import { AiError, type AiProblem, type AiProviderName, type AiTokens } from './ai-provider.ts';
import { redactCredentials } from './credentials.ts';
import type { StreamEnd, StreamLimits } from './stream-watch.ts';

const MESSAGE_LENGTH = 300;
const NAMES: Readonly<Record<AiProviderName, string>> = { anthropic: 'Anthropic', openai: 'OpenAI' };

/** An answer with a status, or an error event in a stream, as both SDKs give it. */
export interface ProviderRefusal {
  readonly provider: AiProviderName;
  /** Undefined when the error came in a stream whose status was 200. */
  readonly status: number | undefined;
  /** The provider's own word: `overloaded_error`, `rate_limit_exceeded`. */
  readonly type: string | null;
  readonly message: string;
  readonly headers: Headers | undefined;
  readonly tokens: AiTokens | null;
}

export function toAiError(refusal: ProviderRefusal, now: Date): AiError {
  const { provider, status, type, message, headers, tokens } = refusal;
  const problem = toProblem(refusal);
  const said = redactCredentials(message).slice(0, MESSAGE_LENGTH);
  const what = [status, type].filter((part) => part !== undefined && part !== null).join(' ');
  return new AiError({
    provider,
    problem,
    message: `${NAMES[provider]} answered ${what === '' ? 'with an error' : what}: ${said}`,
    tokens,
    retryAfterMs: headers ? parseRetryAfter(headers, now) : null,
  });
}

/** Words that mean the same at whatever status they come. */
const PROBLEMS_BY_TYPE: Readonly<Record<string, AiProblem>> = {
  overloaded_error: 'OVERLOADED',
  slow_down: 'OVERLOADED',
  rate_limit_error: 'RATE_LIMITED',
  rate_limit_exceeded: 'RATE_LIMITED',
  authentication_error: 'UNAUTHENTICATED',
  permission_error: 'UNAUTHENTICATED',
  billing_error: 'UNAUTHENTICATED',
  invalid_api_key: 'UNAUTHENTICATED',
  // Also a 429, but waiting does not help.
  insufficient_quota: 'UNAUTHENTICATED',
  request_too_large: 'TOO_LONG',
  context_length_exceeded: 'TOO_LONG',
  bio_policy: 'REFUSED',
  misalignment_policy_violation: 'REFUSED',
};

/** Words for any failure on their side: the status says more, where there is one. */
const VAGUE_TYPES = new Set(['api_error', 'timeout_error', 'server_error', 'internal_error']);

function toProblem({ status, type, message }: ProviderRefusal): AiProblem {
  const byType = type === null ? undefined : PROBLEMS_BY_TYPE[type];
  if (byType !== undefined) return byType;
  if (status === 503 || status === 529 || /\boverloaded\b/iu.test(message)) return 'OVERLOADED';
  if (status === undefined) return type !== null && VAGUE_TYPES.has(type) ? 'UNREACHABLE' : 'INVALID';
  if (status === 429) return 'RATE_LIMITED';
  if (status === 401 || status === 402 || status === 403) return 'UNAUTHENTICATED';
  if (status === 413 || /prompt is too long|maximum context length/iu.test(message)) return 'TOO_LONG';
  return status >= 500 || status === 408 || status === 409 ? 'UNREACHABLE' : 'INVALID';
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date; null when it says nothing that can be understood. */
export function parseRetryAfter(headers: Headers, now: Date): number | null {
  const exact = headers.get('retry-after-ms');
  if (exact !== null && /^\d+(\.\d+)?$/u.test(exact)) return Math.ceil(Number(exact));
  const given = headers.get('retry-after');
  if (given === null) return null;
  if (/^\d+(\.\d+)?$/u.test(given)) return Math.ceil(Number(given) * 1000);
  const date = Date.parse(given);
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}

/** The stream was ended from here because of a limit. */
export function limitError(
  provider: AiProviderName,
  endedBy: Exclude<StreamEnd, 'GIVEN_UP'>,
  limits: StreamLimits,
  tokens: AiTokens | null,
): AiError {
  const seconds = (ms: number): string => `${ms / 1000} s`;
  const message =
    endedBy === 'STALLED'
      ? `${NAMES[provider]} sent nothing for ${seconds(limits.stallMs)}.`
      : `${NAMES[provider]} was not finished after ${seconds(limits.totalMs)}.`;
  return new AiError({ provider, problem: 'STALLED', message, tokens });
}

/** No connection, or one that broke. The SDK's own error is not kept: it may show addresses and headers. */
export function connectionError(
  provider: AiProviderName,
  error: unknown,
  { hasBegun, tokens }: { readonly hasBegun: boolean; readonly tokens: AiTokens | null },
): AiError {
  const code = findCode(error);
  const because = code === null ? '' : ` (${code})`;
  const message = hasBegun
    ? `The answer of ${NAMES[provider]} was cut off${because}.`
    : `${NAMES[provider]} cannot be reached${because}.`;
  return new AiError({ provider, problem: hasBegun ? 'CUT' : 'UNREACHABLE', message, tokens });
}

/** The answer came, and is not one. */
export function answerError(
  provider: AiProviderName,
  problem: 'REFUSED' | 'MALFORMED' | 'TOO_LONG' | 'CUT',
  what: string,
  tokens: AiTokens | null,
): AiError {
  return new AiError({ provider, problem, message: `${NAMES[provider]} ${what}`, tokens });
}

function findCode(error: unknown): string | null {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return null;
}
