/** A provider of AI models: one structured answer to one request. It neither tries again nor keeps accounts. */
import type { JsonObject } from '../../modules/definition/agent-definition.ts';

export type AiProviderName = 'anthropic' | 'openai';

export interface AiMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface AiRequest {
  /** The same for every request of one kind: providers keep it in their cache. */
  readonly system: string;
  readonly messages: readonly AiMessage[];
  /** The answer's name and JSON Schema; providers are made to answer in it. */
  readonly answer: { readonly name: string; readonly description: string; readonly schema: JsonObject };
  readonly maxOutputTokens: number;
}

export interface AiTokens {
  /** Read, without what came from the provider's cache. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Written to the provider's cache; a part of no other figure. */
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

export interface AiAnswer {
  /** JSON as the model gave it: not validated. */
  readonly value: unknown;
  readonly tokens: AiTokens;
  /** The model that answered, as the provider names it. */
  readonly model: string;
}

export interface AiCallOptions {
  /** Ends the stream and the connection. */
  readonly signal: AbortSignal;
  /** The answer so far, as incomplete JSON text; at most as often as the stream brings something. */
  readonly onText?: (json: string) => void;
  /**
   * What the call used, once, when it is over: also when it failed or was given up. What a provider does not say of a
   * stream that broke is estimated from the texts. Not called when the provider took nothing.
   */
  readonly onTokens?: (tokens: AiTokens) => void;
}

export interface AiProvider {
  readonly name: AiProviderName;
  readonly model: string;
  /** @throws AiError; the signal's reason when it is given up. */
  answer(request: AiRequest, options: AiCallOptions): Promise<AiAnswer>;
}

/**
 * OVERLOADED, RATE_LIMITED, UNREACHABLE, STALLED, CUT: the provider's state, another try may help.
 * REFUSED, MALFORMED, TOO_LONG: what the model made of it. UNAUTHENTICATED, INVALID: our configuration or request.
 */
export type AiProblem =
  | 'OVERLOADED'
  | 'RATE_LIMITED'
  | 'UNREACHABLE'
  | 'STALLED'
  | 'CUT'
  | 'REFUSED'
  | 'MALFORMED'
  | 'TOO_LONG'
  | 'UNAUTHENTICATED'
  | 'INVALID';

export class AiError extends Error {
  override readonly name = 'AiError';
  readonly problem: AiProblem;
  readonly provider: AiProviderName;
  /** What the failed call used all the same, where the provider said so. */
  readonly tokens: AiTokens | null;
  /** How long the provider asks to wait. */
  readonly retryAfterMs: number | null;

  constructor(
    failure: {
      readonly provider: AiProviderName;
      readonly problem: AiProblem;
      readonly message: string;
      readonly tokens?: AiTokens | null;
      readonly retryAfterMs?: number | null;
    },
    cause?: unknown,
  ) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.problem = failure.problem;
    this.provider = failure.provider;
    this.tokens = failure.tokens ?? null;
    this.retryAfterMs = failure.retryAfterMs ?? null;
  }
}
