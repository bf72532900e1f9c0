/** An engine on an AI model: its answers are read as data, checked, and completed by rules. */
import type { AiClient, AiJob } from '../../adapters/ai/ai-client.ts';
import { AnalysisError } from '../../adapters/analyzer.ts';
import type { Analyzer } from '../../adapters/analyzer.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import type { Adjustment } from '../../modules/proposal/proposal.ts';
import { adjustProposal } from '../by-rules/adjust-proposal.ts';
import { isProposalCommand } from '../by-rules/command.ts';
import { readMessage } from '../by-rules/read-message.ts';
import { PROVIDER_OF } from '../choose-engine.ts';
import type { AiEngineName } from '../choose-engine.ts';
import type {
  AnalysisRequest,
  AnalysisResult,
  DesignEngine,
  DesignRequest,
  DesignResult,
  EngineJob,
} from '../engine.ts';
import { foundInModel, foundInProposal } from '../found.ts';
import { analysisAnswerSchema } from './analysis-answer.ts';
import { toAnalysisRequest } from './analysis-request.ts';
import { askChecked } from './ask-checked.ts';
import { buildModel } from './build-model.ts';
import { buildProposal } from './build-proposal.ts';
import { checkShape } from './check-shape.ts';
import { designAnswerSchema } from './design-answer.ts';
import { toDesignRequest } from './design-request.ts';
import { readAnalysisParts, readDesignParts } from './found-reader.ts';

export interface AiEngineOptions {
  readonly name: AiEngineName;
  readonly ai: AiClient;
  /** Reads details, such as deadlines, that rules read exactly. */
  readonly analyzer: Analyzer;
}

/** Throws AiError and AiRefusal as they come: whoever chose the engine says what they mean. */
export function createAiEngine(options: AiEngineOptions): DesignEngine {
  return {
    analyze: (request) => analyze(options, request),
    design: (request) => design(options, request),
  };
}

async function analyze(options: AiEngineOptions, request: AnalysisRequest): Promise<AnalysisResult> {
  const { previous, sourceText, signal } = request;
  if (previous !== null && asksForAgentsOnly(previous.message)) {
    // Nothing of this is about the process, so nothing is paid for.
    return {
      engine: 'LOCAL',
      model: null,
      fallback: null,
      rejections: [],
      processModel: previous.model,
      answer: null,
    };
  }
  const local = readLocally(options.analyzer, request);
  // Waited for when the answer is there; until then nobody looks whether it failed.
  local.catch(() => undefined);
  const revision = previous === null ? 1 : previous.model.revision + 1;
  const { result, model, rejections } = await askChecked({
    ai: options.ai,
    job: toJob(options, request, 'ANALYSIS'),
    request: toAnalysisRequest(request),
    signal,
    onText: readAnalysisParts(sourceText, request.onFound),
    check: async (value) => {
      const input = { sourceText, previous, local: await local, revision };
      return checkShape(analysisAnswerSchema, value, (answer) => buildModel(answer, input));
    },
  });
  request.onFound(foundInModel(result.model));
  return { ...by(options, model, rejections), processModel: result.model, answer: result.answer };
}

async function design(options: AiEngineOptions, request: DesignRequest): Promise<DesignResult> {
  const adjustments = toAdjustments(request);
  const { result, model, rejections } = await askChecked({
    ai: options.ai,
    job: toJob(options, request, 'DESIGN'),
    request: toDesignRequest(request, adjustments),
    signal: request.signal,
    onText: readDesignParts(request.onFound),
    check: (value) =>
      checkShape(designAnswerSchema, value, (answer) => buildProposal(answer, request, adjustments)),
  });
  request.onFound(foundInProposal(result.proposal));
  return { ...by(options, model, rejections), proposal: result.proposal, answer: result.answer };
}

function by(
  { name }: AiEngineOptions,
  model: string,
  rejections: AnalysisResult['rejections'],
): Omit<AnalysisResult, 'processModel' | 'answer'> {
  return { engine: name, model, fallback: null, rejections };
}

function toJob({ name }: AiEngineOptions, { tenantId, sessionId }: EngineJob, phase: string): AiJob {
  return { tenantId, sessionId, phase, provider: PROVIDER_OF[name] };
}

function asksForAgentsOnly(message: string): boolean {
  const commands = readMessage(message);
  return commands.length > 0 && commands.every(isProposalCommand);
}

/** A help only: without it, the answer stands alone. */
async function readLocally(
  analyzer: Analyzer,
  { sourceText, signal }: AnalysisRequest,
): Promise<ProcessModel | null> {
  try {
    return await analyzer.analyze(sourceText, signal);
  } catch (error) {
    if (error instanceof AnalysisError) return null;
    throw error;
  }
}

/** What rules understand of the message is kept to exactly; the rest is kept as the person said it. */
function toAdjustments({ previous, processModel }: DesignRequest): readonly Adjustment[] {
  if (previous === null) return [];
  const { proposal, message } = previous;
  if (message === null) return proposal.adjustments;
  const { adjustments } = adjustProposal(message, processModel, proposal);
  return asksForAgentsOnly(message)
    ? adjustments
    : [...adjustments, { kind: 'NEED', text: message.slice(0, 4_000) }];
}
