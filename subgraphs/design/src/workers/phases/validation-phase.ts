/** VALIDATION: whether the proposed agents can be used as they are. */
import { toJson } from '../../json.ts';
import type { Finding } from '../../modules/definition/finding.ts';
import { validateDefinition, type ValidationContext } from '../../modules/definition/validate-definition.ts';
import { checkProposal } from '../../modules/proposal/check-proposal.ts';
import { firstAgent, type Proposal } from '../../modules/proposal/proposal.ts';
import { count, PhaseFailure, resultOf, type Phase } from '../phase.ts';
import { contextSchema } from './context-phase.ts';
import { designSchema, modelOf } from './design-phase.ts';

const SHOWN_ERRORS = 3;

export const validationPhase: Phase = async (input) => {
  const { integrationKinds } = resultOf(input.results, 'CONTEXT', contextSchema);
  const { proposal } = resultOf(input.results, 'DESIGN', designSchema);
  const found = [
    ...checkProposal(proposal, modelOf(input)),
    ...validateAgents(proposal, { integrationKinds }),
  ];
  const errors = found.filter(({ severity }) => severity === 'ERROR');
  if (errors.length > 0) throw invalid(proposal, errors);
  const findings = distinct([...proposal.findings, ...found]);
  const { name, summary, definition } = firstAgent(proposal);
  const valid = proposal.agents.length === 1 ? 'The definition is' : 'The definitions are';
  return {
    message: `${valid} valid; ${count(findings.length, 'finding')} to look at.`,
    result: {},
    patch: { definition: toJson(definition), proposal: toJson({ name, summary, findings }) },
    revisionPatch: { proposal: toJson({ ...proposal, findings }) },
  };
};

/** Places are in the definition, or in the proposal where there are several. */
function validateAgents({ agents }: Proposal, context: ValidationContext): readonly Finding[] {
  return agents.flatMap(({ definition }, index) => {
    const found = validateDefinition(definition, context);
    if (agents.length === 1) return found;
    const place = ['agents', String(index), 'definition'];
    return found.map((finding) => ({ ...finding, path: [...place, ...finding.path] }));
  });
}

function invalid({ agents }: Proposal, errors: readonly Finding[]): PhaseFailure {
  const what = agents.length === 1 ? 'The proposed definition' : 'The proposal';
  const shown = errors.slice(0, SHOWN_ERRORS).map(({ path, message }) => `${path.join('.')}: ${message}`);
  return new PhaseFailure({
    code: 'DEFINITION_INVALID',
    message: `${what} cannot be used. ${shown.join(' ')}`,
    retryable: false,
  });
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
