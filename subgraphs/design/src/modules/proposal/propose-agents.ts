/** Proposes agents for a process by rules alone: who does what, where people must agree, and how to test it. */
import type { AgentDefinition, IntegrationKind } from '../definition/agent-definition.ts';
import { cutAutomation } from '../definition/automation-cut.ts';
import type { Automation } from '../definition/automation-cut.ts';
import type { ExistingAgent } from '../definition/find-hand-offs.ts';
import type { Finding } from '../definition/finding.ts';
import { listInWords, plainName } from '../definition/plain-text.ts';
import { proposeDefinition } from '../definition/propose-definition.ts';
import type { ProposedDefinition } from '../definition/propose-definition.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import { splitIntoParts, toKey } from './agent-parts.ts';
import type { AgentPart } from './agent-parts.ts';
import { findWaiting, proposeApprovals } from './approval-points.ts';
import type { Adjustment, AgentSplit, AutomationDecision, Proposal, ProposedAgent } from './proposal.ts';
import { proposeTestCases } from './test-cases.ts';

export interface AgentsInput {
  readonly title: string;
  readonly sourceText: string;
  readonly processModel: ProcessModel;
  readonly existingAgents: readonly ExistingAgent[];
  readonly integrationKinds: readonly IntegrationKind[];
  readonly model: { readonly provider: string; readonly name: string };
  readonly split: AgentSplit;
  /** The definition of the agent under redesign: the first of the proposal. */
  readonly base: AgentDefinition | null;
  readonly previous: { readonly proposal: Proposal } | null;
  readonly adjustments: readonly Adjustment[];
}

export function proposeAgents(input: AgentsInput): Proposal {
  const { processModel, adjustments } = input;
  const automation = adjustedAutomation(processModel, adjustments);
  const waiting = findWaiting({ processModel, automation, adjustments });
  const parts = partsFor(input, automation);
  const named = parts.map((part) => ({ part, name: nameOf(part, input) }));
  const drafts = named.map(({ part, name }, index) => ({
    part,
    draft: draftAgent({ part, name, named, isFirst: index === 0, automation, waiting }, input),
  }));
  const toolNames = new Map(drafts.flatMap(({ draft }) => [...draft.toolNames]));
  const agentOf = (id: string): string =>
    parts.find(({ activityIds }) => activityIds.has(id))?.key ?? parts[0]?.key ?? '';
  const approvals = proposeApprovals({ processModel, waiting, toolNames, agentOf });
  const { testCases, findings } = proposeTestCases({ processModel, toolNames, approvals });
  return {
    agents: drafts.map(({ part, draft }) => toAgent(part, draft)),
    automation: decisionsOf(processModel, automation, agentOf),
    approvals,
    testCases,
    findings: [...mergeFindings(drafts.map(({ draft }) => draft.findings)), ...findings],
    adjustments,
  };
}

export function adjustedAutomation(model: ProcessModel, adjustments: readonly Adjustment[]): Automation {
  const automation = new Map(cutAutomation(model));
  for (const adjustment of adjustments) {
    if (adjustment.kind !== 'PERFORMER' || !automation.has(adjustment.activityId)) continue;
    automation.set(adjustment.activityId, {
      performer: adjustment.performer,
      reason: 'You asked for it.',
      isFixed: true,
    });
  }
  return automation;
}

function partsFor(input: AgentsInput, automation: Automation): readonly AgentPart[] {
  const asked = input.adjustments.findLast(({ kind }) => kind === 'SPLIT');
  const agents = input.previous?.proposal.agents ?? [];
  return splitIntoParts({
    processModel: input.processModel,
    automation,
    split: asked?.kind === 'SPLIT' ? asked.split : input.split,
    count: asked?.kind === 'SPLIT' ? asked.count : null,
    singleKey: (agents.length === 1 ? agents[0]?.key : undefined) ?? toKey(input.title),
  });
}

function nameOf({ key, roles }: AgentPart, { title, adjustments, previous }: AgentsInput): string {
  const united = roles.length === 0 ? lastSplit(adjustments, 'ONE') : -1;
  const renamed = adjustments.findLast(
    (adjustment, at) =>
      adjustment.kind === 'NAME' && (adjustment.agentKey === key || (united >= 0 && at > united)),
  );
  if (renamed?.kind === 'NAME') return renamed.name;
  const [known, ...more] = previous?.proposal.agents ?? [];
  // A single agent keeps the name that it has, whoever gave it.
  if (roles.length === 0 && known !== undefined && more.length === 0) return known.name;
  const whole = plainName(title, 60) || 'Process agent';
  return roles.length === 0 ? title : `${whole}: ${plainName(listInWords(roles.slice(0, 2)), 60)}`;
}

/** Where one agent was asked for, if nothing else was since: names that were given after it are that agent's. */
function lastSplit(adjustments: readonly Adjustment[], wanted: AgentSplit): number {
  const at = adjustments.findLastIndex(({ kind }) => kind === 'SPLIT');
  const last = adjustments[at];
  return last?.kind === 'SPLIT' && last.split === wanted ? at : -1;
}

interface NamedPart {
  readonly part: AgentPart;
  readonly name: string;
}

interface DraftInput extends NamedPart {
  readonly named: readonly NamedPart[];
  readonly isFirst: boolean;
  readonly automation: Automation;
  readonly waiting: ReadonlyMap<string, string>;
}

function draftAgent({ part, name, named, ...draft }: DraftInput, input: AgentsInput): ProposedDefinition {
  const others = named.filter((other) => other.part !== part);
  const wishes = input.adjustments.flatMap((adjustment) =>
    adjustment.kind === 'INSTRUCTION' ? [adjustment.text] : [],
  );
  return proposeDefinition({
    title: input.title,
    name,
    description: input.sourceText,
    processModel: input.processModel,
    existingAgents: input.existingAgents,
    integrationKinds: input.integrationKinds,
    model: input.model,
    base: draft.isFirst && input.base !== null ? input.base : undefined,
    automation: draft.automation,
    approvals: draft.waiting,
    wishes,
    share:
      others.length === 0
        ? null
        : {
            activityIds: part.activityIds,
            titles: part.titles,
            colleagues: new Map(
              others.flatMap((other) => [...other.part.activityIds].map((id) => [id, other.name])),
            ),
            handsOffTo: others
              .filter((other) => part.handsOffTo.includes(other.part.key))
              .map((other) => other.name),
          },
  });
}

function toAgent({ key, titles, handsOffTo, roles }: AgentPart, draft: ProposedDefinition): ProposedAgent {
  const own = listInWords(titles.slice(0, 4));
  const summary = roles.length === 0 || own === '' ? draft.summary : `${own}. ${draft.summary}`;
  return { key, name: draft.name, summary, definition: draft.definition, handsOffTo };
}

export function decisionsOf(
  model: ProcessModel,
  automation: Automation,
  agentOf: (id: string) => string,
): readonly AutomationDecision[] {
  return model.activities.flatMap(({ id }) => {
    const judgement = automation.get(id);
    if (judgement === undefined) return [];
    const agentKey = judgement.performer === 'SYSTEM' ? null : agentOf(id);
    return [{ activityId: id, performer: judgement.performer, agentKey, reason: judgement.reason }];
  });
}

/** What concerns the process is said once; what concerns one of several agents says which. */
export function mergeFindings(lists: readonly (readonly Finding[])[]): readonly Finding[] {
  const [only = []] = lists;
  if (lists.length < 2) return only;
  const placed = lists.flatMap((findings, index) =>
    findings.map((finding) =>
      finding.path.length === 0
        ? finding
        : { ...finding, path: ['agents', String(index), 'definition', ...finding.path] },
    ),
  );
  return [...new Map(placed.map((finding) => [JSON.stringify(finding), finding])).values()];
}
