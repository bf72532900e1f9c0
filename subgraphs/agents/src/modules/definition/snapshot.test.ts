import { describe, expect, test } from 'vitest';
import { definitionPatchSchema } from './definition-input.ts';
import { defaultDefinition, takeSnapshot } from './snapshot.ts';

const base = defaultDefinition({ provider: 'anthropic', name: 'any' });

describe('a snapshot', () => {
  test('of an empty patch is the base', () => {
    expect(takeSnapshot(base, {}).definition).toEqual(base);
    expect(takeSnapshot(base, {}).digest).toBe(takeSnapshot({ ...base }, { tools: [] }).digest);
  });

  test('takes null for a number of the model, and leaves what is absent', () => {
    const warm = takeSnapshot(base, { model: { temperature: 1, maxOutputTokens: 10 } }).definition;

    const { model } = takeSnapshot(warm, { model: { temperature: null } }).definition;

    expect(model).toEqual({ provider: 'anthropic', name: 'any', temperature: null, maxOutputTokens: 10 });
  });

  test('says by what it holds that something changed', () => {
    const changed = takeSnapshot(base, { settings: { a: [] } });

    expect(changed.digest).not.toBe(takeSnapshot(base, {}).digest);
  });
});

describe('a patch', () => {
  test('has what was given and no more', () => {
    expect(definitionPatchSchema.parse({ instructions: 'x' })).toEqual({ instructions: 'x' });
  });

  test('keeps __proto__ in settings as a name', () => {
    // Attack: an own property of that name becomes the prototype of a copy.
    const settings: unknown = JSON.parse('{"__proto__":{"polluted":true}}');

    const patch = definitionPatchSchema.parse({ settings });

    expect(JSON.stringify(patch.settings)).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(patch.settings)).toBe(Object.prototype);
    expect(takeSnapshot(base, patch).digest).not.toBe(takeSnapshot(base, {}).digest);
  });
});
