/** Flowgrid's own engine: rules alone, no key, no network, the same answer to the same question. */
import type { Analyzer } from '../../adapters/analyzer.ts';
import type { Finding } from '../../modules/definition/finding.ts';
import { oneLine } from '../../modules/definition/plain-text.ts';
import { proposeAgents } from '../../modules/proposal/propose-agents.ts';
import type { Adjustment, Proposal } from '../../modules/proposal/proposal.ts';
import type {
  AnalysisRequest,
  AnalysisResult,
  DesignEngine,
  DesignRequest,
  DesignResult,
} from '../engine.ts';
import { foundInModel, foundInProposal } from '../found.ts';
import { adjustProposal } from './adjust-proposal.ts';
import { refineProcess } from './refine-process.ts';

const BY_RULES = { engine: 'LOCAL', model: null, fallback: null, rejections: [] } as const;

/** Reads descriptions in the analyzer's thread; proposals are drawn up at once. */
export function createLocalEngine(analyzer: Analyzer): DesignEngine {
  return {
    analyze: (request) => analyze(analyzer, request),
    design: async (request) => design(request),
  };
}

async function analyze(analyzer: Analyzer, request: AnalysisRequest): Promise<AnalysisResult> {
  const { previous, signal, sourceText } = request;
  if (previous === null) {
    const processModel = await analyzer.analyze(sourceText, signal);
    request.onFound(foundInModel(processModel));
    return { ...BY_RULES, processModel, answer: null };
  }
  const refined = await refineProcess(previous.model, previous.message, (sentence) =>
    analyzer.analyze(sentence, signal),
  );
  if (refined.model !== previous.model) request.onFound(foundInModel(refined.model));
  return { ...BY_RULES, processModel: refined.model, answer: toAnswer(refined.said) };
}

function design(request: DesignRequest): DesignResult {
  const { previous, processModel, signal } = request;
  signal.throwIfAborted();
  const earlier = previous?.proposal.adjustments ?? [];
  const { adjustments, said } =
    previous === null || previous.message === null
      ? { adjustments: earlier, said: [] }
      : adjustProposal(previous.message, processModel, previous.proposal);
  const proposed = proposeAgents({ ...request, adjustments });
  const proposal = { ...proposed, findings: [...proposed.findings, ...unreadFindings(adjustments)] };
  request.onFound(foundInProposal(proposal));
  return { ...BY_RULES, proposal, answer: toAnswer([...said, ...tooFewAgents(proposal, earlier.length)]) };
}

/** Two agents were asked for, but only one role has work that an agent can do. */
function tooFewAgents({ agents, adjustments }: Proposal, known: number): readonly string[] {
  const asked = adjustments.slice(known).find(({ kind }) => kind === 'SPLIT');
  if (asked?.kind !== 'SPLIT' || asked.split === 'ONE' || agents.length >= (asked.count ?? 2)) return [];
  const have = agents.length === 1 ? 'It stays one agent' : `There are ${agents.length} agents`;
  return [`${have}: there are no more roles with work that an agent can do.`];
}

/** What an AI model was told before, rules cannot keep to; they say so. */
function unreadFindings(adjustments: readonly Adjustment[]): readonly Finding[] {
  return adjustments.flatMap((adjustment) =>
    adjustment.kind === 'NEED'
      ? [
          {
            severity: 'WARNING' as const,
            path: [],
            message: `Flowgrid's own rules cannot keep to what an AI model was asked before: “${oneLine(adjustment.text, 200)}”.`,
          },
        ]
      : [],
  );
}

function toAnswer(said: readonly string[]): string | null {
  return said.length === 0 ? null : said.join(' ');
}
