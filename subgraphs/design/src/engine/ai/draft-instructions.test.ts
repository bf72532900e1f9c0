import { expect, test } from 'vitest';
import { cpuGrowth } from '../../testkit/cpu-growth.ts';
import { checkInstructions } from './draft-instructions.ts';

const textOf = (written: string): string => checkInstructions(written, new Set()).text;

test('of links their words are left, and nothing of their addresses', () => {
  expect(textOf('See [the rules](https://example.com/a_(b)) and ![logo](x.png).')).toBe(
    'See the rules and logo.',
  );
  expect(textOf('[a [b](https://example.com)')).toBe('[a b');
});

// Attack: a model that is talked into writing a long row of brackets held its worker's thread for seconds.
test.each(['![', '[](', '[a](b', '(', '<a', 'https:'])(
  'a long row of %j takes time that grows with its length alone',
  (unit) => {
    const row = (length: number) => (): unknown => textOf(unit.repeat(length / unit.length));

    expect(cpuGrowth({ small: row(12_000), large: row(96_000) })).toBeLessThan(24);
  },
);
