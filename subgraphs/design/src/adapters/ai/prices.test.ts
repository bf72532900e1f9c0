import { expect, test } from 'vitest';
import { LIST_PRICES, costOf, findPrice, mostCostOf, priceTable } from './prices.ts';

const NOTHING = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

test('each kind of token has its own price', () => {
  const price = { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5 };

  expect(costOf({ ...NOTHING, inputTokens: 1_000_000 }, price)).toBe(2);
  expect(costOf({ ...NOTHING, outputTokens: 500_000 }, price)).toBe(5);
  expect(costOf({ ...NOTHING, cachedInputTokens: 1_000_000, cacheWriteTokens: 1_000_000 }, price)).toBe(2.6);
});

test('a long request costs more as a whole', () => {
  const price = findPrice('gpt-6.1-sol', LIST_PRICES);
  if (!price) throw new Error('no price');

  expect(costOf({ ...NOTHING, inputTokens: 272_000, outputTokens: 1_000 }, price)).toBeCloseTo(0.554, 9);
  expect(
    costOf({ ...NOTHING, inputTokens: 272_000, cachedInputTokens: 1, outputTokens: 1_000 }, price),
  ).toBeCloseTo(1.103, 6);
});

test('the most a request can cost is never less than what it costs', () => {
  for (const price of Object.values(LIST_PRICES)) {
    const most = mostCostOf(300_000, 8_000, price);
    for (const cached of [0, 100_000, 300_000]) {
      for (const written of [0, 300_000 - cached]) {
        const inputTokens = 300_000 - cached - written;
        const tokens = {
          inputTokens,
          cachedInputTokens: cached,
          cacheWriteTokens: written,
          outputTokens: 8_000,
        };
        expect(costOf(tokens, price)).toBeLessThanOrEqual(most + 1e-12);
      }
    }
  }
});

test('a dated model costs what its model costs, and an unknown one has no price', () => {
  expect(findPrice('claude-haiku-4-5-20251001', LIST_PRICES)).toBe(LIST_PRICES['claude-haiku-4-5']);
  expect(findPrice('gpt-6.1-sol-2026-09-29', LIST_PRICES)).toBe(LIST_PRICES['gpt-6.1-sol']);
  expect(['claude-new-9', 'toString', '__proto__', ''].map((name) => findPrice(name, LIST_PRICES))).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test('the list is as AI_PRICES is written, and one with a slip is refused', () => {
  expect(priceTable.safeParse(LIST_PRICES).success).toBe(true);
  expect(priceTable.safeParse({ m: { input: 1, output: 2 } }).success).toBe(false);
  expect(priceTable.safeParse({ m: { input: -1, output: 2, cacheRead: 0, cacheWrite: 0 } }).success).toBe(
    false,
  );
});
