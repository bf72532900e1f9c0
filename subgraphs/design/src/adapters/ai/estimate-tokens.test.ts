import { expect, test } from 'vitest';
import { usedTokens } from './estimate-tokens.ts';

const REQUEST = {
  system: 's'.repeat(400),
  messages: [],
  answer: { name: 'a', description: 'd', schema: {} },
  maxOutputTokens: 1_000,
} as const;
const KNOWN = { inputTokens: 7, cachedInputTokens: 5, cacheWriteTokens: 3, outputTokens: 40 };

// Attack: a request that is cancelled while the model thinks, which no stream shows.
test.each([
  ['nothing is known', null, 0, 0],
  ['it thought for two seconds', KNOWN, 2_000, 200],
  ['it has written more than it can have thought', KNOWN, 100, 40],
  ['it took longer than its answer may be', KNOWN, 60_000, 1_000],
])('of a request that broke off, where %s', (_what, tokens, elapsedMs, outputTokens) => {
  const used = usedTokens(REQUEST, { tokens, elapsedMs });

  expect(used.outputTokens).toBe(outputTokens);
  expect(used.inputTokens).toBe(tokens?.inputTokens ?? used.inputTokens);
  expect(used.inputTokens).toBeGreaterThan(tokens === null ? 99 : 0);
});
