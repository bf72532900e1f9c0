import { expect, test } from 'vitest';
import { definitionDigest } from './definition-digest.ts';
import { HOSTILE_DEFINITION } from './samples.ts';

test('the order of names does not change the digest, and every value does', () => {
  const { instructions, model, ...rest } = HOSTILE_DEFINITION;
  const reordered = { ...rest, model, instructions };
  const other = { ...HOSTILE_DEFINITION, outputModes: [...HOSTILE_DEFINITION.outputModes, 'text/csv'] };

  expect(definitionDigest(reordered)).toBe(definitionDigest(HOSTILE_DEFINITION));
  expect(definitionDigest(other)).not.toBe(definitionDigest(HOSTILE_DEFINITION));
  expect(definitionDigest(HOSTILE_DEFINITION)).toMatch(/^[0-9a-f]{64}$/);
});
