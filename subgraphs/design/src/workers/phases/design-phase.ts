/** DESIGN: the agents that do the work of the process. */
import { z } from 'zod';
import { invariant } from '@flowgrid/platform';
import type { DesignRequest } from '../../engine/engine.ts';
import { toJson } from '../../json.ts';
import { agentDefinitionSchema } from '../../modules/definition/definition-schema.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import type { Proposal } from '../../modules/proposal/proposal.ts';
import { parseStoredProposal } from '../../modules/proposal/stored-proposal.ts';
import { proposalSchema } from '../../modules/session/session-rows.ts';
import { count, resultOf, type Phase, type PhaseInput } from '../phase.ts';
import { analysisSchema } from './analysis-phase.ts';
import { askEngine, toEngineJob } from './ask-engine.ts';
import { contextSchema } from './context-phase.ts';

/** What a worker of an earlier version left for a job that goes on now: one agent, without a proposal around it. */
const singleSchema = z
  .object({ definition: agentDefinitionSchema, proposal: proposalSchema })
  .transform(({ definition, proposal: { name, summary, findings } }): { proposal: Proposal } => {
    const agent = { key: 'agent', name, summary, definition, handsOffTo: [] };
    const nothing = { automation: [], approvals: [], testCases: [], adjustments: [] };
    return { proposal: { agents: [agent], findings, ...nothing } };
  });

export const designSchema = z.union([
  singleSchema,
  z.object({ proposal: z.unknown().transform(parseStoredProposal) }),
]);

export const designPhase: Phase = async (input) => {
  const analysis = resultOf(input.results, 'ANALYSIS', analysisSchema);
  const request = toRequest(input);
  const result = await askEngine(() => input.tools.engine.design(request), analysis.rejections);
  const { proposal, engine, model } = result;
  return {
    message: describe(proposal),
    result: { proposal },
    revisionPatch: {
      engine,
      model,
      fallback: together(analysis.fallback, result.fallback),
      answer: together(analysis.answer, result.answer),
      rejections: toJson([...analysis.rejections, ...result.rejections]),
    },
  };
};

/** What the analysis and the design say, each thing once. */
function together(...texts: readonly (string | null)[]): string | null {
  const said = new Set(texts.filter((text) => text !== null));
  return said.size === 0 ? null : [...said].join('\n');
}

function toRequest(input: PhaseInput): DesignRequest {
  const { session, tools, results, revision, previous } = input;
  const context = resultOf(results, 'CONTEXT', contextSchema);
  return {
    ...toEngineJob(input),
    title: session.title,
    sourceText: session.sourceText,
    processModel: modelOf(input),
    existingAgents: distinct([...context.namedAgents, ...context.existingAgents]),
    integrationKinds: context.integrationKinds,
    model: tools.defaultModel,
    split: session.split,
    base: context.base?.definition ?? null,
    previous: previous && { proposal: previous, message: revision.message },
  };
}

function distinct<Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

/** The newest process model: after ANALYSIS there is one. */
export function modelOf({ processModel }: Pick<PhaseInput, 'processModel'>): ProcessModel {
  invariant(processModel !== null, 'after the analysis there is a process model');
  return processModel;
}

function describe({ agents }: Proposal): string {
  const names = agents.map(({ name }) => `"${name}"`).join(', ');
  const sum = (countOf: (agent: Proposal['agents'][number]) => number): number =>
    agents.reduce((total, agent) => total + countOf(agent), 0);
  const approvals = sum(({ definition }) => definition.tools.filter((tool) => tool.requiresApproval).length);
  const asking = approvals === 0 ? '' : ` (${approvals} with approval)`;
  const parts = [
    `${count(
      sum(({ definition }) => definition.tools.length),
      'tool',
    )}${asking}`,
    count(
      sum(({ definition }) => definition.skills.length),
      'skill',
    ),
    count(
      sum(({ definition }) => definition.guardrails.length),
      'guardrail',
    ),
  ];
  const who = agents.length === 1 ? names : `${count(agents.length, 'agent')}, ${names}`;
  return `${who}: ${parts.join(', ')}.`;
}
