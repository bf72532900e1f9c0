/** DESIGN: the agent that does the work of the process. */
import { z } from 'zod';
import { proposeDefinition } from '../../modules/definition/propose-definition.ts';
import { proposalSchema } from '../../modules/session/session-rows.ts';
import { count, resultOf, type Phase } from '../phase.ts';
import { analysisSchema } from './analysis-phase.ts';
import { contextSchema, definitionSchema } from './context-phase.ts';

export const designSchema = z.object({ definition: definitionSchema, proposal: proposalSchema });

export const designPhase: Phase = async ({ session, results, tools }) => {
  const { existingAgents, integrationKinds, base } = resultOf(results, 'CONTEXT', contextSchema);
  const { model: processModel } = resultOf(results, 'ANALYSIS', analysisSchema);
  const { title, description } = session;
  const { definition, ...proposal } = proposeDefinition({
    title,
    description,
    processModel,
    existingAgents,
    integrationKinds,
    model: tools.defaultModel,
    base: base?.definition,
  });
  const { tools: agentTools, skills, guardrails } = definition;
  const approvals = agentTools.filter((tool) => tool.requiresApproval).length;
  const asking = approvals === 0 ? '' : ` (${approvals} with approval)`;
  return {
    message: `"${proposal.name}": ${count(agentTools.length, 'tool')}${asking}, ${count(skills.length, 'skill')}, ${count(guardrails.length, 'guardrail')}.`,
    result: { definition, proposal },
  };
};
