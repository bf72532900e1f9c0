/** Figures of requests to AI models. Tenants and sessions are no labels: there are too many. */
import { Counter, Gauge, Histogram, type Registry } from '@flowgrid/platform';
import type { AiProvider, AiTokens } from './ai-provider.ts';
import type { FairSlots } from './fair-slots.ts';

export interface AiMetrics {
  /** Notes that a request begins; the result is called when it is over. */
  start(provider: AiProvider): (outcome: string, tokens: AiTokens | null) => void;
}

export function createAiMetrics(registry: Registry, slots: FairSlots): AiMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'ai_request_duration_seconds',
    help: 'Requests to AI models by their outcome.',
    labelNames: ['provider', 'model', 'outcome'],
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers,
  });
  const count = new Counter({
    name: 'ai_tokens_total',
    help: 'Tokens of AI models by direction: input, cache_read, cache_write, output.',
    labelNames: ['provider', 'model', 'direction'],
    registers,
  });
  const gauge = new Gauge({
    name: 'ai_requests',
    help: 'Requests to AI models that are under way or wait for a slot.',
    labelNames: ['state'],
    registers,
    collect: (): void => {
      gauge.set({ state: 'under_way' }, slots.inUse);
      gauge.set({ state: 'waiting' }, slots.waiting);
    },
  });
  return {
    start: ({ name: provider, model }) => {
      const stop = duration.startTimer({ provider, model });
      return (outcome, tokens) => {
        stop({ outcome });
        if (tokens === null) return;
        count.inc({ provider, model, direction: 'input' }, tokens.inputTokens);
        count.inc({ provider, model, direction: 'cache_read' }, tokens.cachedInputTokens);
        count.inc({ provider, model, direction: 'cache_write' }, tokens.cacheWriteTokens);
        count.inc({ provider, model, direction: 'output' }, tokens.outputTokens);
      };
    },
  };
}
