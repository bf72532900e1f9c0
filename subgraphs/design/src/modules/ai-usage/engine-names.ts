import { z } from 'zod';
import type { AiProviderName } from '../../adapters/ai/ai-provider.ts';

/** What the API calls the engine that asks a provider. */
export const ENGINE_OF_PROVIDER = { anthropic: 'CLAUDE', openai: 'OPENAI' } as const satisfies Record<
  AiProviderName,
  string
>;

const providerName = z.enum(['anthropic', 'openai']);

/** Of a provider as the accounts name it. */
export const engineOfProvider = (provider: string): 'CLAUDE' | 'OPENAI' =>
  ENGINE_OF_PROVIDER[providerName.parse(provider)];
