/** The engine of a design: whoever was asked for, and Flowgrid's own rules when that provider is down. */
import { AiRefusal } from '../adapters/ai/ai-client.ts';
import type { AiClient } from '../adapters/ai/ai-client.ts';
import { AiError } from '../adapters/ai/ai-provider.ts';
import type { Analyzer } from '../adapters/analyzer.ts';
import { createAiEngine } from './ai/ai-engine.ts';
import { createLocalEngine } from './by-rules/local-engine.ts';
import { chooseEngine } from './choose-engine.ts';
import type { AiEngineName } from './choose-engine.ts';
import { EngineError } from './engine.ts';
import type { DesignEngine, EngineChoice, EngineJob, EngineName, Provenance } from './engine.ts';

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
  const engines: Readonly<Record<EngineName, DesignEngine>> = {
    LOCAL: local,
    CLAUDE: createAiEngine({ name: 'CLAUDE', ai, analyzer }),
    OPENAI: createAiEngine({ name: 'OPENAI', ai, analyzer }),
  };
  const run = async <Result extends Provenance>(
    { tenantId, engine: choice, signal }: EngineJob,
    work: (engine: DesignEngine) => Promise<Result>,
  ): Promise<Result> => {
    const setting = choice === 'AUTO' ? await settings.engineOf(tenantId) : 'AUTO';
    const name = chooseEngine({ choice, setting, providers: ai.providers });
    if (name === 'LOCAL') return work(local);
    try {
      return await work(engines[name]);
    } catch (error) {
      signal.throwIfAborted();
      const fallback = fallbackFor(name, error);
      if (fallback === null) throw toEngineError(name, error);
      return { ...(await work(local)), fallback };
    }
  };
  return {
    analyze: (request) => run(request, (engine) => engine.analyze(request)),
    design: (request) => run(request, (engine) => engine.design(request)),
  };
}

/** Why rules did the work; null when the provider is not down but something else is wrong. */
function fallbackFor(name: AiEngineName, error: unknown): string | null {
  if (!(error instanceof AiError)) return null;
  const then = "Flowgrid's own rules did the work.";
  switch (error.problem) {
    case 'OVERLOADED':
      return `${name} was overloaded, also after several tries. ${then}`;
    case 'RATE_LIMITED':
      return `${name} took no more requests for now, also after several tries. ${then}`;
    case 'UNREACHABLE':
      return `${name} could not be reached, also after several tries. ${then}`;
    case 'STALLED':
      return `${name} stopped in the middle of its answers, also after several tries. ${then}`;
    case 'CUT':
      return `${name} broke its answers off, also after several tries. ${then}`;
    case 'REFUSED':
    case 'MALFORMED':
    case 'TOO_LONG':
    case 'UNAUTHENTICATED':
    case 'INVALID':
      return null;
    default:
      return error.problem satisfies never;
  }
}

/** What is not the provider's state is said, never covered up by the work of rules. */
function toEngineError(name: AiEngineName, error: unknown): unknown {
  if (error instanceof AiRefusal) {
    const { code, message } = error;
    return new EngineError({ code, message, isRetryable: true }, error);
  }
  if (!(error instanceof AiError)) return error;
  const failure = (code: string, message: string, isRetryable: boolean): EngineError =>
    new EngineError({ code, message, isRetryable }, error);
  switch (error.problem) {
    case 'REFUSED':
      return failure(
        'ANSWER_REFUSED',
        `${name} refused to answer. Change the description, or choose another engine.`,
        false,
      );
    case 'TOO_LONG':
      return failure(
        'TOO_LONG',
        `The process is too long for ${name}. Describe a part of it, or choose the engine LOCAL.`,
        false,
      );
    case 'UNAUTHENTICATED':
      return failure(
        'NOT_CONFIGURED',
        `${name} does not accept the key of this installation. Have the operator check it, or choose the engine LOCAL.`,
        true,
      );
    case 'INVALID':
      return failure(
        'NOT_CONFIGURED',
        `${name} does not accept the request. Have the operator check the model that is set, or choose the engine LOCAL.`,
        true,
      );
    case 'MALFORMED':
      return failure(
        'ANSWER_INVALID',
        `${name} answered what cannot be read. Try again, or choose the engine LOCAL.`,
        true,
      );
    case 'OVERLOADED':
    case 'RATE_LIMITED':
    case 'UNREACHABLE':
    case 'STALLED':
    case 'CUT':
      return failure('PROVIDER_UNAVAILABLE', `${name} does not answer now. Try again later.`, true);
    default:
      return error.problem satisfies never;
  }
}
