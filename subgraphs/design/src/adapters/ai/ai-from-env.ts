/** The AI client of a worker, from its environment. */
import { EnvError, type Clock, type Logger, type OutsidePolicies, type Registry } from '@flowgrid/platform';
import type { z } from 'zod';
import type { AiAccounts } from './ai-accounts.ts';
import type { AiClient } from './ai-client.ts';
import type { aiWorkerEnv } from './ai-env.ts';
import type { AiProvider } from './ai-provider.ts';
import { createClaude } from './claude.ts';
import { createAiClient, type PricedProvider } from './create-ai-client.ts';
import { createOpenAi } from './openai.ts';
import { LIST_PRICES, findPrice, type PriceTable } from './prices.ts';

export type AiEnv = z.output<z.ZodObject<typeof aiWorkerEnv>>;

const FIRST_WAIT_MS = 1_000;

/**
 * Opens nothing before it is asked, and needs no closing. Without any key there are no providers.
 * @throws EnvError for a model that has no price: its cost could not be kept within a budget.
 */
export function createAiFromEnv(
  env: AiEnv,
  tools: {
    readonly accounts: AiAccounts;
    readonly policies: OutsidePolicies;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly metrics: Registry;
  },
): AiClient {
  const limits = { stallMs: env.AI_STALL_SECONDS * 1_000, totalMs: env.AI_TIMEOUT_SECONDS * 1_000 };
  const providers: AiProvider[] = [];
  if (env.ANTHROPIC_API_KEY !== undefined) {
    providers.push(
      createClaude({
        apiKey: env.ANTHROPIC_API_KEY,
        baseUrl: env.ANTHROPIC_BASE_URL ?? null,
        model: env.ANTHROPIC_MODEL,
        effort: env.ANTHROPIC_EFFORT ?? null,
        limits,
        clock: tools.clock,
      }),
    );
  }
  if (env.OPENAI_API_KEY !== undefined) {
    providers.push(
      createOpenAi({
        apiKey: env.OPENAI_API_KEY,
        baseUrl: env.OPENAI_BASE_URL ?? null,
        model: env.OPENAI_MODEL,
        effort: env.OPENAI_EFFORT ?? null,
        limits,
        clock: tools.clock,
      }),
    );
  }
  const table = { ...LIST_PRICES, ...env.AI_PRICES };
  return createAiClient({
    providers: providers.map((provider) => withPrice(provider, table)),
    accounts: tools.accounts,
    policies: tools.policies,
    logger: tools.logger,
    metrics: tools.metrics,
    concurrency: env.AI_CONCURRENCY,
    requestMs: limits.totalMs,
    longestWaitMs: env.AI_RETRY_AFTER_SECONDS * 1_000,
    waitMs: FIRST_WAIT_MS,
  });
}

function withPrice(provider: AiProvider, table: PriceTable): PricedProvider {
  const price = findPrice(provider.model, table);
  if (price) return { provider, price };
  const variable = provider.name === 'anthropic' ? 'ANTHROPIC_MODEL' : 'OPENAI_MODEL';
  throw new EnvError(
    `The environment is not valid:\n  ${variable}: ${provider.model} has no price; give it one in AI_PRICES`,
  );
}
