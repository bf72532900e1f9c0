/** VALIDATION: whether the proposed definition can be used as it is. */
import { toJson } from '../../json.ts';
import type { Finding } from '../../modules/definition/finding.ts';
import { validateDefinition } from '../../modules/definition/validate-definition.ts';
import { count, PhaseFailure, resultOf, type Phase } from '../phase.ts';
import { contextSchema } from './context-phase.ts';
import { designSchema } from './design-phase.ts';

const SHOWN_ERRORS = 3;

export const validationPhase: Phase = async ({ results }) => {
  const { integrationKinds } = resultOf(results, 'CONTEXT', contextSchema);
  const { definition, proposal } = resultOf(results, 'DESIGN', designSchema);
  const found = validateDefinition(definition, { integrationKinds });
  const errors = found.filter(({ severity }) => severity === 'ERROR');
  if (errors.length > 0) {
    const shown = errors.slice(0, SHOWN_ERRORS).map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new PhaseFailure({
      code: 'DEFINITION_INVALID',
      message: `The proposed definition cannot be used. ${shown.join(' ')}`,
      retryable: false,
    });
  }
  const findings = distinct([...proposal.findings, ...found]);
  return {
    message: `The definition is valid; ${count(findings.length, 'finding')} to look at.`,
    result: {},
    patch: { definition: toJson(definition), proposal: toJson({ ...proposal, findings }) },
  };
};

function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
