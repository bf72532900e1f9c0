import { expect, test } from 'vitest';
import { z } from 'zod';
import { InvalidInput, mutationPayload, parseInput } from './user-errors.ts';

const schema = z.object({
  name: z.string().min(1).max(5),
  tags: z.array(z.string()).max(1).default([]),
  slug: z
    .string()
    .refine(() => false, { params: { code: 'TAKEN' }, error: 'taken' })
    .optional(),
});

function errorsOf(input: unknown): readonly unknown[] {
  try {
    parseInput(schema, input);
    return [];
  } catch (error) {
    return error instanceof InvalidInput
      ? error.errors.map(({ code, path }) => [code, path.join('.')])
      : [error];
  }
}

test.each([
  [{ name: 'ok' }, []],
  [{}, [['REQUIRED', 'name']]],
  [{ name: null }, [['REQUIRED', 'name']]],
  [{ name: '' }, [['REQUIRED', 'name']]],
  [{ name: 'too long' }, [['TOO_LONG', 'name']]],
  [{ name: 7 }, [['INVALID', 'name']]],
  [{ name: 'ok', tags: ['a', 'b'] }, [['TOO_LONG', 'tags']]],
  [{ name: 'ok', tags: [1] }, [['INVALID', 'tags.0']]],
  [{ name: 'ok', slug: 'x' }, [['TAKEN', 'slug']]],
])('%j has the errors %j', (input, expected) => {
  expect(errorsOf(input)).toEqual(expected);
});

test('a payload holds the entity, or what the user can correct beside the current one', async () => {
  const good = await mutationPayload('agent', async () => ({ id: '1' }));
  const errors = [{ code: 'STALE_REVISION', message: 'm', path: ['expectedRevision'] }];
  const bad = await mutationPayload('agent', async (): Promise<{ id: string }> => {
    throw new InvalidInput(errors, { id: '1' });
  });

  expect(good).toEqual({ agent: { id: '1' }, errors: [] });
  expect(bad).toEqual({ agent: { id: '1' }, errors });
});

test('a payload does not hide other errors', async () => {
  const broken = mutationPayload('agent', () => Promise.reject(new Error('bug')));

  await expect(broken).rejects.toThrow('bug');
});
