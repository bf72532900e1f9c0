/** Which engine works for a tenant, and what to do when it cannot. */
import type { AiProviderName } from '../adapters/ai/ai-provider.ts';
import { EngineError } from './engine.ts';
import type { EngineChoice, EngineName } from './engine.ts';

export type AiEngineName = Exclude<EngineName, 'LOCAL'>;

export const PROVIDER_OF: Readonly<Record<AiEngineName, AiProviderName>> = {
  CLAUDE: 'anthropic',
  OPENAI: 'openai',
};

const ENGINE_OF: Readonly<Record<AiProviderName, AiEngineName>> = { anthropic: 'CLAUDE', openai: 'OPENAI' };

const KEY_OF: Readonly<Record<AiEngineName, string>> = {
  CLAUDE: 'ANTHROPIC_API_KEY',
  OPENAI: 'OPENAI_API_KEY',
};

export interface EngineWish {
  /** What the caller asked for. */
  readonly choice: EngineChoice;
  /** What the tenant has chosen; AUTO when nothing. */
  readonly setting: EngineChoice;
  /** Providers that have a key, the preferred one first. */
  readonly providers: readonly AiProviderName[];
}

/** @throws EngineError NOT_CONFIGURED when an engine is named that has no key: nobody is given less than was asked for unawares. */
export function chooseEngine({ choice, setting, providers }: EngineWish): EngineName {
  const wanted = choice === 'AUTO' ? setting : choice;
  if (wanted === 'AUTO') {
    const [preferred] = providers;
    return preferred === undefined ? 'LOCAL' : ENGINE_OF[preferred];
  }
  if (wanted === 'LOCAL' || providers.includes(PROVIDER_OF[wanted])) return wanted;
  const who = choice === 'AUTO' ? 'that your settings name' : 'that was asked for';
  throw new EngineError({
    code: 'NOT_CONFIGURED',
    message: `The engine ${wanted} ${who} has no key here. Choose LOCAL or AUTO, or have the operator set ${KEY_OF[wanted]} for the design worker.`,
    isRetryable: true,
  });
}
