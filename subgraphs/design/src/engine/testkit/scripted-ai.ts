/** An AI client for tests: it gives the answers of a script, in their order, and keeps what it was asked. */
import type { AiClient, AiJob, AiReply } from '../../adapters/ai/ai-client.ts';
import type { AiProviderName, AiRequest } from '../../adapters/ai/ai-provider.ts';

/** What one call answers: JSON, or an error to throw. */
export type ScriptedAnswer = { readonly value: unknown } | { readonly error: Error };

export interface ScriptedAi extends AiClient {
  readonly asked: readonly { readonly job: AiJob; readonly request: AiRequest }[];
}

export function createScriptedAi(
  script: readonly ScriptedAnswer[],
  providers: readonly AiProviderName[] = ['anthropic', 'openai'],
): ScriptedAi {
  const asked: { readonly job: AiJob; readonly request: AiRequest }[] = [];
  const left = [...script];
  return {
    providers,
    asked,
    ask: async (job, request, { signal, onText }): Promise<AiReply> => {
      signal.throwIfAborted();
      asked.push({ job, request });
      const answer = left.shift();
      if (answer === undefined) throw new Error('The script has no more answers.');
      if ('error' in answer) throw answer.error;
      const json = JSON.stringify(answer.value) ?? '';
      for (let end = 300; end < json.length; end += 300) onText?.(json.slice(0, end));
      const use = { inputTokens: 100, outputTokens: 50, costUsd: 0.01 };
      return { value: answer.value, use, model: job.provider === 'anthropic' ? 'claude-test' : 'gpt-test' };
    },
  };
}
