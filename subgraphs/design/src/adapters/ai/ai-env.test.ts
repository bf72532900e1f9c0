import { EnvError, readEnv } from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { aiServiceEnv, aiWorkerEnv } from './ai-env.ts';

const worker = z.object(aiWorkerEnv);

const problemOf = (source: Readonly<Record<string, string>>): string => {
  try {
    readEnv(worker, source);
    return '';
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    return error.message;
  }
};

test('without a variable there is no provider, and every limit has its default', () => {
  expect(readEnv(worker, {})).toMatchObject({
    ANTHROPIC_MODEL: 'claude-sonnet-5-5',
    AI_MONTHLY_BUDGET_USD: 50,
    AI_CONCURRENCY: 8,
    AI_PRICES: {},
  });
  expect(readEnv(z.object(aiServiceEnv), {})).toMatchObject({ AI_PROVIDERS: [] });
});

test.each([
  ['', []],
  [',', []],
  ['anthropic,', ['anthropic']],
  ['anthropic, openai', ['anthropic', 'openai']],
])('AI_PROVIDERS %j is %j', (text, providers) => {
  expect(readEnv(z.object(aiServiceEnv), { AI_PROVIDERS: text })).toMatchObject({ AI_PROVIDERS: providers });
});

test('prices are JSON', () => {
  const price = { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 1.25 };

  expect(readEnv(worker, { AI_PRICES: JSON.stringify({ mine: price }) }).AI_PRICES).toEqual({ mine: price });
});

// Attack: a key in the output of a failed start, and texts that leave in the clear.
test.each([
  ['ANTHROPIC_API_KEY', 'sk-ant-secret with a space'],
  ['OPENAI_API_KEY', 'sk-secret\nX-Header: 1'],
  ['ANTHROPIC_BASE_URL', 'http://secret.example.com'],
  ['OPENAI_BASE_URL', 'ftp://secret.example.com'],
  ['AI_PRICES', '{"secret'],
  ['AI_PRICES', '{"secret": {"input": 1}}'],
  ['ANTHROPIC_EFFORT', 'secret'],
])('%s=%j is refused without saying its value', (name, value) => {
  const problem = problemOf({ [name]: value });

  expect(problem).toContain(name);
  expect(problem.replaceAll(/AI_PRICES\.secret/gu, '')).not.toContain('secret');
});

test.each(['https://proxy.example.com', 'http://127.0.0.1:8080', 'http://localhost:9', 'http://[::1]:9'])(
  '%s may be a base address',
  (url) => {
    expect(problemOf({ ANTHROPIC_BASE_URL: url, OPENAI_BASE_URL: url })).toBe('');
  },
);
