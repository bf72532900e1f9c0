import { expect, test } from 'vitest';
import { z } from 'zod';
import { readEnv, secretKey, serviceEnv } from './env.ts';

const model = z.object({ ...serviceEnv, SECRET: secretKey });

test('all problems are named at once, without the values', () => {
  const read = (): unknown => readEnv(model, { PORT: 'http', SECRET: 'c2hvcnQ=', LOG_LEVEL: 'loud' });

  expect(read).toThrow(/PORT: .*\n.*LOG_LEVEL: .*\n.*SECRET: must be at least 32 random bytes/);
  expect(read).not.toThrow('c2hvcnQ=');
});

test('an empty variable counts as absent', () => {
  expect(() => readEnv(model, { PORT: '', SECRET: '' })).toThrow(
    /PORT: is required\n {2}SECRET: is required/,
  );
});
