import {
  EnvError,
  OutsidePolicies,
  createLogger,
  createMetrics,
  readEnv,
  systemClock,
} from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { AiAccounts } from './ai-accounts.ts';
import type { AiClient } from './ai-client.ts';
import { aiWorkerEnv } from './ai-env.ts';
import { createAiFromEnv } from './ai-from-env.ts';

const accounts: AiAccounts = {
  isPersonalDataRedacted: () => Promise.reject(new Error('nothing is asked here')),
  reserve: () => Promise.reject(new Error('nothing is asked here')),
  settle: () => Promise.reject(new Error('nothing is asked here')),
};

function open(source: Readonly<Record<string, string>>): AiClient {
  const logger = createLogger({ name: 'test', level: 'silent' });
  const metrics = createMetrics('test');
  const policies = new OutsidePolicies({ logger, metrics });
  return createAiFromEnv(readEnv(z.object(aiWorkerEnv), source), {
    accounts,
    policies,
    clock: systemClock,
    logger,
    metrics,
  });
}

const KEY = 'key-of-a-test';

test.each([
  [{}, []],
  [{ OPENAI_API_KEY: KEY }, ['openai']],
  [{ OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY }, ['anthropic', 'openai']],
])('the providers are those with a key, Claude first: %j', (source, providers) => {
  expect(open(source).providers).toEqual(providers);
});

test('a model that nobody priced is refused at the start, unless it is priced', () => {
  const source = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_MODEL: 'claude-next-9' };
  const price = { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 1 };

  expect(() => open(source)).toThrow(EnvError);
  expect(() => open(source)).toThrow('ANTHROPIC_MODEL: claude-next-9 has no price; give it one in AI_PRICES');
  expect(open({ ...source, AI_PRICES: JSON.stringify({ 'claude-next-9': price }) }).providers).toEqual([
    'anthropic',
  ]);
});

test('the model of a provider without a key needs no price', () => {
  expect(open({ OPENAI_API_KEY: KEY, ANTHROPIC_MODEL: 'claude-next-9' }).providers).toEqual(['openai']);
});
