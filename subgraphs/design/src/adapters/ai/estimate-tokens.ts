/** How many tokens a text is, where a provider does not say: before a call, and for a stream that broke. */
import type { AiRequest } from './ai-provider.ts';

/** English is four bytes a token and more; code, JSON and other languages are less. */
const LIKELY_BYTES_PER_TOKEN = 4;
const LEAST_BYTES_PER_TOKEN = 2.5;
/** What providers add around a request. */
const OVERHEAD_TOKENS = 1_000;

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

function inputText({ system, messages, answer }: AiRequest): string {
  return [system, JSON.stringify(answer), ...messages.map(({ text }) => text)].join('\n');
}
