/** docs/CONFIGURATION.md is written from the models, and nothing that a process reads is left without a word. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CONFIGURATION_PAGE, writeConfiguration } from '../../docs/configuration.ts';

test('the page is what `npm run docs:configuration` writes', async () => {
  expect(await readFile(CONFIGURATION_PAGE, 'utf8')).toBe(await writeConfiguration());
});

test('every variable has a meaning', async () => {
  const rows = (await writeConfiguration()).matchAll(/^\| `(\w+)` \| [^|]* \| [^|]* \| *([^|]*?) *\|$/gm);

  const without = [...rows].filter(([, , meaning]) => meaning === '').map(([, name]) => name);

  expect(without).toEqual([]);
});
