/** How many tokens a text is, where a provider does not say: before a call, and for a stream that broke. */
import type { AiRequest, AiTokens } from './ai-provider.ts';

/** English is four bytes a token and more; code, JSON and other languages are less. */
const LIKELY_BYTES_PER_TOKEN = 4;
const LEAST_BYTES_PER_TOKEN = 2.5;
/** What providers add around a request. */
const OVERHEAD_TOKENS = 1_000;

/** Models think before they answer, which is paid for like the answer and not in the stream. */
const THOUGHT_TOKENS_PER_SECOND = 100;

export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / LIKELY_BYTES_PER_TOKEN);
}

export function estimateInputTokens(request: AiRequest): number {
  return estimateTokens(inputText(request));
}

/** More than the request will be: what is reserved must not be less than what is paid. */
export function mostInputTokens(request: AiRequest): number {
  return Math.ceil(Buffer.byteLength(inputText(request)) / LEAST_BYTES_PER_TOKEN) + OVERHEAD_TOKENS;
}

/**
 * What a request has used that broke off before its figures came: what was sent has been read, and there was thinking for as
 * long as it took. Without this, whoever cancels in time would have the work of models for nothing.
 */
export function usedTokens(
  request: AiRequest,
  { tokens, elapsedMs }: { readonly tokens: AiTokens | null; readonly elapsedMs: number },
): AiTokens {
  const known = tokens ?? {
    inputTokens: estimateInputTokens(request),
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
  };
  const thought = Math.ceil((elapsedMs / 1000) * THOUGHT_TOKENS_PER_SECOND);
  const outputTokens = Math.max(known.outputTokens, Math.min(thought, request.maxOutputTokens));
  return { ...known, outputTokens };
}

function inputText({ system, messages, answer }: AiRequest): string {
  return [system, JSON.stringify(answer), ...messages.map(({ text }) => text)].join('\n');
}
