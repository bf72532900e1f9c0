/** What a local AI server does with a request: the same words for every provider. */

export interface FakeTokens {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

interface Streamed {
  /** What the model answers; JSON is made of it. */
  readonly value: unknown;
  /** Instead of the figures that are counted from the texts. */
  readonly tokens?: Partial<FakeTokens>;
}

export type AiBehaviour =
  | (Streamed & { readonly does: 'ANSWER' })
  /** Half of the answer, then the rest when `until` is over. */
  | (Streamed & { readonly does: 'ANSWER_SLOWLY'; readonly until: Promise<unknown> })
  /** The answer as text that is sent as it is: not JSON, or not what was asked for. */
  | { readonly does: 'ANSWER_TEXT'; readonly text: string }
  /** Prose instead of the structured answer. */
  | { readonly does: 'TALK'; readonly text: string }
  | { readonly does: 'REFUSE'; readonly reason: string }
  /** Half of the answer, then the end because of max tokens. */
  | (Streamed & { readonly does: 'RUN_OUT' })
  /** Half of the answer, then the connection is cut. */
  | (Streamed & { readonly does: 'CUT' })
  /** Half of the answer, then the stream ends in an orderly way, without its last events. */
  | (Streamed & { readonly does: 'END_EARLY' })
  /** Half of the answer, then not a byte more; the connection stays open. */
  | (Streamed & { readonly does: 'STALL' })
  /** Takes the request and never answers, not even with headers. */
  | { readonly does: 'HANG' }
  /** Half of the answer, then an error event in the stream whose status was 200. */
  | (Streamed & {
      readonly does: 'FAIL_IN_STREAM';
      readonly error: 'OVERLOADED' | 'RATE_LIMITED' | 'INTERNAL';
    })
  | {
      readonly does: 'FAIL';
      readonly status: number;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** What a server was asked, in the words of both providers. */
export interface FakeAiRequest {
  /** 1 for the first request of this server. */
  readonly number: number;
  readonly model: string;
  readonly effort: string | null;
  readonly system: string;
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  readonly answer: { readonly name: string; readonly description: string; readonly schema: unknown };
  readonly maxOutputTokens: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The whole body as it came. */
  readonly body: unknown;
  /** CLOSED: the connection ended before the answer did, by whoever asked or as the test wanted it. */
  readonly state: 'OPEN' | 'ENDED' | 'CLOSED';
}

export type AiResponder = (request: FakeAiRequest) => AiBehaviour | Promise<AiBehaviour>;

export const answers = (value: unknown, tokens?: Partial<FakeTokens>): AiBehaviour => ({
  does: 'ANSWER',
  value,
  ...(tokens && { tokens }),
});

export const answersSlowly = (value: unknown, until: Promise<unknown>): AiBehaviour => ({
  does: 'ANSWER_SLOWLY',
  value,
  until,
});

/** As Anthropic says it; OpenAI says 503, and ours treats both alike. */
export const isOverloaded = (status: 529 | 503 = 529): AiBehaviour => ({
  does: 'FAIL',
  status,
  message: 'Overloaded',
});

export const isRateLimited = (retryAfterSeconds?: number): AiBehaviour => ({
  does: 'FAIL',
  status: 429,
  message: 'This request would exceed the rate limit.',
  ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
});

export const fails = (
  status: number,
  message = `failed with ${status}`,
  headers: Readonly<Record<string, string>> = {},
): AiBehaviour => ({ does: 'FAIL', status, message, headers });

export const cuts = (value: unknown = { half: 'of an answer' }): AiBehaviour => ({ does: 'CUT', value });
export const stalls = (value: unknown = { half: 'of an answer' }): AiBehaviour => ({ does: 'STALL', value });
export const refuses = (reason = 'It is against the policy.'): AiBehaviour => ({ does: 'REFUSE', reason });
export const runsOut = (value: unknown): AiBehaviour => ({ does: 'RUN_OUT', value });
export const failsInStream = (
  error: 'OVERLOADED' | 'RATE_LIMITED' | 'INTERNAL' = 'OVERLOADED',
): AiBehaviour => ({ does: 'FAIL_IN_STREAM', error, value: { half: 'of an answer' } });
