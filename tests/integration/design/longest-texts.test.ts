/** The longest descriptions that are taken, written to make the analysis slow: each is read within its limit. */
import { expect, test } from 'vitest';
import { createThreadAnalyzer } from '../../../subgraphs/design/src/adapters/thread-analyzer.ts';
import { hostileTexts } from '../../../subgraphs/design/src/modules/process-model/analysis/hostile-texts.ts';

const LONGEST = 50_000;

test.each(Object.entries(hostileTexts(LONGEST)))('%s', async (_name, text) => {
  await using analyzer = createThreadAnalyzer();

  const model = await analyzer.analyze(text, new AbortController().signal);

  expect(model.activities.every(({ span }) => span.end <= text.length)).toBe(true);
});
