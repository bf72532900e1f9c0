/** What models cost, in US dollars per million tokens, and what a call has cost. */
import { z } from 'zod';
import type { AiTokens } from './ai-provider.ts';

const rate = z.number().min(0).max(10_000);

const ratesSchema = z.strictObject({
  input: rate,
  output: rate,
  /** Read from the provider's cache. */
  cacheRead: rate,
  /** Written to it, for the shortest time that the provider offers. */
  cacheWrite: rate,
});

const priceSchema = ratesSchema.extend({
  /** The whole of a request whose input, cached or not, is longer than that costs as said here. */
  long: ratesSchema.extend({ aboveTokens: z.int().min(1) }).optional(),
});

export type ModelPrice = z.output<typeof priceSchema>;
type Rates = z.output<typeof ratesSchema>;

/** The form of `AI_PRICES`: model to price. */
export const priceTable = z.record(z.string().min(1), priceSchema);
export type PriceTable = Readonly<z.output<typeof priceTable>>;

const MILLION = 1_000_000;

const rates = (input: number, output: number, cacheRead: number, cacheWrite = input * 1.25): Rates => ({
  input,
  output,
  cacheRead,
  cacheWrite,
});

/** OpenAI doubles the price of the input and takes half as much again for the output of long requests. */
const openai = (input: number, output: number, cacheRead: number): ModelPrice => ({
  ...rates(input, output, cacheRead),
  long: { aboveTokens: 272_000, ...rates(input * 2, output * 1.5, cacheRead * 2) },
});

/**
 * List prices of November 2026, from https://platform.claude.com/docs/en/about-claude/pricing and
 * https://developers.openai.com/api/docs/pricing. Prices change: `AI_PRICES` adds and replaces.
 */
export const LIST_PRICES: PriceTable = {
  'claude-fable-5-1': rates(10, 50, 0.25),
  'claude-fable-5': rates(10, 50, 1),
  'claude-opus-5-5': rates(4, 20, 0.2),
  'claude-opus-5': rates(5, 25, 0.5),
  'claude-opus-4-8': rates(5, 25, 0.5),
  'claude-opus-4-7': rates(5, 25, 0.5),
  'claude-opus-4-6': rates(5, 25, 0.5),
  'claude-opus-4-5': rates(5, 25, 0.5),
  'claude-sonnet-5-5': rates(2, 10, 0.1),
  'claude-sonnet-5': rates(2, 10, 0.2),
  'claude-sonnet-4-6': rates(3, 15, 0.3),
  'claude-sonnet-4-5': rates(3, 15, 0.3),
  'claude-haiku-5-5': {
    ...rates(0.1, 0.5, 0.01),
    long: { aboveTokens: 100_000, ...rates(0.5, 2.5, 0.05) },
  },
  'claude-haiku-4-5': rates(1, 5, 0.1),
  'gpt-6.1-sol': openai(2, 10, 0.1),
  'gpt-6.1-terra': openai(1, 5, 0.05),
  'gpt-6-sol': openai(2, 10, 0.2),
  'gpt-6-luna': openai(0.1, 0.5, 0.01),
  'gpt-5.6-terra': openai(2, 12, 0.2),
  'gpt-5.6-luna': openai(0.2, 1.2, 0.02),
};

/** Null for a model that nobody priced. A dated name costs what its model costs: `claude-haiku-4-5-20251001`. */
export function findPrice(model: string, table: PriceTable): ModelPrice | null {
  const undated = model.replace(/-\d{8}$|-\d{4}-\d{2}-\d{2}$/u, '');
  for (const name of [model, undated]) if (Object.hasOwn(table, name)) return table[name] ?? null;
  return null;
}

export function costOf(tokens: AiTokens, price: ModelPrice): number {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = tokens;
  const input = inputTokens + cachedInputTokens + cacheWriteTokens;
  const rate = price.long && input > price.long.aboveTokens ? price.long : price;
  return (
    (inputTokens * rate.input +
      cachedInputTokens * rate.cacheRead +
      cacheWriteTokens * rate.cacheWrite +
      outputTokens * rate.output) /
    MILLION
  );
}

/** What it can cost at most: nothing comes from the cache, and the answer is as long as it may be. */
export function mostCostOf(inputTokens: number, outputTokens: number, price: ModelPrice): number {
  const written = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: inputTokens, outputTokens };
  const read = { ...written, inputTokens, cacheWriteTokens: 0 };
  return Math.max(costOf(written, price), costOf(read, price));
}
