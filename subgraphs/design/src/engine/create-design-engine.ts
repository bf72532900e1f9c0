/** The engine of a design: whoever was asked for, and Flowgrid's own rules when that provider is down. */
import type { AiClient } from '../adapters/ai/ai-client.ts';
import type { Analyzer } from '../adapters/analyzer.ts';
import { chooseEngine } from './choose-engine.ts';
import type { DesignEngine, EngineChoice, EngineJob } from './engine.ts';
import { createLocalEngine } from './by-rules/local-engine.ts';

/** What tenants have chosen. */
export interface EngineSettings {
  /** AUTO where the tenant has chosen nothing. */
  engineOf(tenantId: string): Promise<EngineChoice>;
}

export interface DesignEngineOptions {
  readonly analyzer: Analyzer;
  readonly ai: AiClient;
  readonly settings: EngineSettings;
}

/** The caller keeps the analyzer and the AI client open as long as the engine is used. */
export function createDesignEngine({ analyzer, ai, settings }: DesignEngineOptions): DesignEngine {
  const local = createLocalEngine(analyzer);
  const choose = async ({ tenantId, engine: choice }: EngineJob): Promise<DesignEngine> => {
    const setting = choice === 'AUTO' ? await settings.engineOf(tenantId) : 'AUTO';
    chooseEngine({ choice, setting, providers: ai.providers });
    return local;
  };
  return {
    analyze: async (request) => (await choose(request)).analyze(request),
    design: async (request) => (await choose(request)).design(request),
  };
}
