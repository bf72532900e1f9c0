/** The question to an AI model about the agents for a process. */
import type { AiRequest } from '../../adapters/ai/ai-provider.ts';
import { clip, oneLine } from '../../modules/definition/plain-text.ts';
import type { Adjustment, Proposal } from '../../modules/proposal/proposal.ts';
import type { DesignRequest } from '../engine.ts';
import { toAnswerFormat } from './answer-format.ts';
import { designAnswerSchema } from './design-answer.ts';
import { markData, markJson } from './mark-data.ts';
import { DESIGN_SYSTEM } from './prompts.ts';

const MAX_OUTPUT_TOKENS = 32_000;
const MAX_EXISTING_AGENTS = 100;

const ANSWER = toAnswerFormat('agents', 'The agents for the process, and who does what.', designAnswerSchema);

export function toDesignRequest(request: DesignRequest, adjustments: readonly Adjustment[]): AiRequest {
  const { previous, base, existingAgents } = request;
  const agents = existingAgents.slice(0, MAX_EXISTING_AGENTS).map(({ id, name, description }) => ({
    id,
    name: oneLine(name, 120),
    description: oneLine(description, 500),
  }));
  const parts = [
    markData('title', oneLine(request.title, 200)),
    markData('source_text', request.sourceText),
    markJson('process_model', describeProcess(request)),
    markJson('existing_agents', agents),
    `Connected integrations: ${request.integrationKinds.length === 0 ? 'none' : request.integrationKinds.join(', ')}.`,
    askedSplit(request, adjustments),
  ];
  if (base !== null) {
    const tools = base.tools.map(({ name, description }) => ({ name, description }));
    const definition = { instructions: clip(base.instructions, 20_000), tools };
    parts.push(
      markJson('existing_definition', definition),
      'The first agent redesigns the agent of <existing_definition>: keep of it what still applies.',
    );
  }
  if (previous !== null) parts.push(...refinementParts(previous, adjustments));
  return {
    system: DESIGN_SYSTEM,
    messages: [{ role: 'user', text: parts.join('\n\n') }],
    answer: ANSWER,
    maxOutputTokens: MAX_OUTPUT_TOKENS,
  };
}

function askedSplit({ split }: DesignRequest, adjustments: readonly Adjustment[]): string {
  const asked = adjustments.findLast((adjustment) => adjustment.kind === 'SPLIT');
  const wanted = asked?.kind === 'SPLIT' ? asked : { split, count: null };
  if (wanted.split === 'ONE') return 'Design exactly one agent.';
  const most = wanted.count === null ? 'at most six' : `${wanted.count}`;
  return `Design one agent for each role whose work agents do, ${most} in all; put small roles together.`;
}

function refinementParts(
  { proposal, message }: NonNullable<DesignRequest['previous']>,
  adjustments: readonly Adjustment[],
): readonly string[] {
  const wishes = adjustments.flatMap((adjustment) => ('text' in adjustment ? [adjustment.text] : []));
  const earlier = wishes.filter((text) => text !== message);
  return [
    markJson('previous_proposal', describeProposal(proposal)),
    ...(earlier.length === 0 ? [] : [markJson('earlier_wishes', earlier)]),
    ...(message === null
      ? ['The process model was changed. Make the proposal fit it, and keep the rest.']
      : [
          markData('person_asks', message),
          'Change the proposal as the person asks, and say in answer what was done.',
        ]),
  ];
}

function describeProcess({ processModel }: DesignRequest): object {
  const { actors, systems, dataObjects, activities, gateways, flows, ends, triggers, rules, exceptions } =
    processModel;
  return {
    actors: actors.map(({ id, name, kind }) => ({ id, name, kind })),
    systems: systems.map(({ id, name, integrationKind, role }) => ({ id, name, integrationKind, role })),
    dataObjects: dataObjects.map(({ id, name }) => ({ id, name })),
    activities: activities.map(({ span: _span, ...activity }) => activity),
    gateways: gateways.map(({ id, kind, conditions }) => ({ id, kind, conditions })),
    flows: flows.map(({ sourceId, targetId, condition }) => ({ sourceId, targetId, condition })),
    ends: ends.map(({ sourceId, condition }) => ({ sourceId, condition })),
    triggers: triggers.map(({ kind, description }) => ({ kind, description })),
    rules: rules.map(({ kind, description, activityId }) => ({ kind, description, activityId })),
    exceptions: exceptions.map(({ description, activityId }) => ({ description, activityId })),
  };
}

function describeProposal({ agents, automation, approvals }: Proposal): object {
  return {
    agents: agents.map(({ key, name, summary, definition, handsOffTo }) => ({
      key,
      name,
      summary,
      instructions: clip(definition.instructions, 12_000),
      tools: definition.tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        integration: tool.integrationKind ?? 'NONE',
        inputs: tool.inputSchema,
        needsApproval: tool.requiresApproval,
      })),
      skills: definition.skills.map((skill) => ({ name: skill.name, description: skill.description })),
      guardrails: definition.guardrails.map(({ kind, description }) => ({ kind, description })),
      handsOffTo,
    })),
    automation: automation.map(({ activityId, performer, agentKey }) => ({
      activityId,
      performer,
      agentKey,
    })),
    approvals: approvals.map(({ activityId, reason }) => ({ activityId, reason })),
  };
}
