/** Flowgrid's own engine: rules alone, no key, no network, the same answer to the same question. */
import type { Analyzer } from '../../adapters/analyzer.ts';
import { proposeAgents } from '../../modules/proposal/propose-agents.ts';
import type {
  AnalysisRequest,
  AnalysisResult,
  DesignEngine,
  DesignRequest,
  DesignResult,
} from '../engine.ts';
import { foundInModel, foundInProposal } from '../found.ts';

const BY_RULES = { engine: 'LOCAL', model: null, fallback: null, rejections: [] } as const;

export function createLocalEngine(analyzer: Analyzer): DesignEngine {
  return {
    analyze: (request) => analyze(analyzer, request),
    design: (request) => Promise.resolve(design(request)),
  };
}

async function analyze(analyzer: Analyzer, request: AnalysisRequest): Promise<AnalysisResult> {
  const processModel = await analyzer.analyze(request.sourceText, request.signal);
  request.onFound(foundInModel(processModel));
  return { ...BY_RULES, processModel, answer: null };
}

function design(request: DesignRequest): DesignResult {
  request.signal.throwIfAborted();
  const proposal = proposeAgents({ ...request, adjustments: request.previous?.proposal.adjustments ?? [] });
  request.onFound(foundInProposal(proposal));
  return { ...BY_RULES, proposal, answer: null };
}
