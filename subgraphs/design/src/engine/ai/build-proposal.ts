/** Turns an AI model's answer into a proposal: what cannot be is refused with its reason, what people and rules decide is put in place. */
import { activityTitle } from '../../modules/definition/activities.ts';
import type { AgentDefinition, AgentSkill, Guardrail } from '../../modules/definition/agent-definition.ts';
import { keepBaseTools } from '../../modules/definition/keep-base-tools.ts';
import {
  asSentence,
  oneLine,
  plainName,
  takeUnique,
  toIdentifier,
  toWords,
} from '../../modules/definition/plain-text.ts';
import { PROPOSED_MODES, toSettings } from '../../modules/definition/propose-definition.ts';
import { proposeGuardrails } from '../../modules/definition/propose-guardrails.ts';
import { proposeTools } from '../../modules/definition/propose-tools.ts';
import { notConnectedFinding } from '../../modules/definition/finding.ts';
import type { Finding } from '../../modules/definition/finding.ts';
import { validateDefinition } from '../../modules/definition/validate-definition.ts';
import { writeInstructions } from '../../modules/definition/write-instructions.ts';
import { findWaiting, proposeApprovals } from '../../modules/proposal/approval-points.ts';
import { adjustedAutomation, decisionsOf, mergeFindings } from '../../modules/proposal/propose-agents.ts';
import type { Adjustment, Proposal, ProposedAgent } from '../../modules/proposal/proposal.ts';
import { proposeTestCases } from '../../modules/proposal/test-cases.ts';
import { nextActivities } from '../../modules/definition/process-steps.ts';
import type { DesignRequest, Rejection } from '../engine.ts';
import type { Checked } from './ask-checked.ts';
import type { DesignAnswer } from './design-answer.ts';
import { acceptHandOffs, nameAgents } from './draft-agents.ts';
import type { NamedDraft } from './draft-agents.ts';
import { draftAutomation } from './draft-automation.ts';
import type { DraftedAutomation } from './draft-automation.ts';
import { checkInstructions } from './draft-instructions.ts';
import { draftTestCases } from './draft-test-cases.ts';
import { acceptTools } from './draft-tools.ts';
import type { AcceptedTool } from './draft-tools.ts';

const MAX_REJECTIONS = 100;
const MAX_SKILLS = 12;
const MAX_GUARDRAILS = 100;

export interface DesignedProposal {
  readonly proposal: Proposal;
  readonly answer: string | null;
}

export function buildProposal(
  answer: DesignAnswer,
  request: DesignRequest,
  adjustments: readonly Adjustment[],
): Checked<DesignedProposal> {
  const rejections: Rejection[] = [];
  const reject = (subject: string, reason: string): void => {
    if (rejections.length < MAX_REJECTIONS)
      rejections.push({ phase: 'DESIGN', subject: oneLine(subject, 120), reason });
  };
  const drafts = nameAgents(answer.agents, { title: request.title, adjustments, reject });
  if (drafts.length === 0) return { result: null, faults: ['agents: There is no agent.'], rejections };
  const proposal = new Drafting({ answer, request, adjustments, drafts, reject }).toProposal();
  const faults = proposal.agents.flatMap(({ definition, key }) =>
    validateDefinition(definition, request)
      .filter(({ severity }) => severity === 'ERROR')
      .map(({ path, message }) => `${key}.${path.join('.')}: ${message}`),
  );
  const said = plainName(answer.answer, 1_000);
  const isRefinement = (request.previous?.message ?? null) !== null;
  const result = { proposal, answer: isRefinement && said !== '' ? said : null };
  return { result: faults.length === 0 ? result : null, faults, rejections };
}

interface DraftingInput {
  readonly answer: DesignAnswer;
  readonly request: DesignRequest;
  readonly adjustments: readonly Adjustment[];
  readonly drafts: readonly NamedDraft[];
  readonly reject: (subject: string, reason: string) => void;
}

interface DraftedAgent {
  readonly agent: ProposedAgent;
  readonly findings: readonly Finding[];
}

class Drafting {
  readonly #input: DraftingInput;
  readonly #work: DraftedAutomation;
  readonly #waiting: ReadonlyMap<string, string>;
  /** Tools by the key of their agent. */
  readonly #tools: ReadonlyMap<string, readonly AcceptedTool[]>;

  constructor(input: DraftingInput) {
    const { answer, request, adjustments, drafts, reject } = input;
    const { processModel } = request;
    this.#input = input;
    this.#work = draftAutomation(answer.automation, {
      processModel,
      automation: adjustedAutomation(processModel, adjustments),
      keys: new Map(drafts.map(({ draft, key }) => [draft.key, key])),
      reject,
    });
    this.#waiting = this.#findWaiting();
    this.#tools = this.#collectTools();
  }

  toProposal(): Proposal {
    const { answer, request, adjustments, drafts, reject } = this.#input;
    const { processModel } = request;
    const drafted = drafts.map((draft, index) => this.#toAgent(draft, index === 0));
    const toolNames = this.#toolNames();
    const agentOf = (id: string): string => this.#ownerOf(id);
    const approvals = proposeApprovals({ processModel, waiting: this.#waiting, toolNames, agentOf });
    const tested = proposeTestCases({ processModel, toolNames, approvals });
    const more = draftTestCases(answer.testCases, {
      processModel,
      toolNames,
      approvals,
      reject,
      known: tested.testCases,
    });
    return {
      agents: drafted.map(({ agent }) => agent),
      automation: decisionsOf(processModel, this.#work.automation, agentOf),
      approvals,
      testCases: [...tested.testCases, ...more],
      findings: [...mergeFindings(drafted.map(({ findings }) => findings)), ...tested.findings],
      adjustments,
    };
  }

  /** The model may ask for more approvals, never for fewer. */
  #findWaiting(): ReadonlyMap<string, string> {
    const { answer, request, adjustments, reject } = this.#input;
    const { processModel } = request;
    const waiting = new Map(findWaiting({ processModel, automation: this.#work.automation, adjustments }));
    const released = new Set(
      adjustments.flatMap((adjustment) =>
        adjustment.kind === 'APPROVAL' && !adjustment.isRequired ? [adjustment.activityId] : [],
      ),
    );
    for (const { activity: id, reason } of answer.approvals) {
      const activity = processModel.activities.find((candidate) => candidate.id === id);
      if (activity === undefined) reject(`approval of ${plainName(id, 60)}`, 'There is no such activity.');
      else if (
        this.#work.automation.get(id)?.performer === 'AGENT' &&
        !waiting.has(id) &&
        !released.has(id)
      ) {
        waiting.set(
          id,
          asSentence(plainName(reason, 300)) || `«${activityTitle(activity)}» is to be agreed.`,
        );
      }
    }
    return waiting;
  }

  /** An agent that does or helps with an activity; the first where none is named. */
  #ownerOf(id: string): string {
    const { drafts } = this.#input;
    const serving = drafts.find(({ draft }) => draft.tools.some(({ activities }) => activities.includes(id)));
    return this.#work.owners.get(id) ?? serving?.key ?? drafts[0]?.key ?? '';
  }

  /** What the model left without a tool gets the one that rules propose. */
  #collectTools(): ReadonlyMap<string, readonly AcceptedTool[]> {
    const { request, drafts, reject } = this.#input;
    const part = {
      processModel: request.processModel,
      automation: this.#work.automation,
      integrationKinds: request.integrationKinds,
    };
    const accepted = new Map(
      drafts.map(({ key, draft }) => [key, acceptTools(draft.tools, { ...part, reject })]),
    );
    const served = new Set(
      [...accepted.values()].flatMap((tools) => tools.flatMap(({ activityIds }) => activityIds)),
    );
    const ruled = proposeTools({ ...part, approvals: this.#waiting, activityIds: null });
    for (const tool of ruled.tools) {
      const activityIds = [...ruled.toolNames].flatMap(([id, names]) =>
        names.includes(tool.name) ? [id] : [],
      );
      const [first] = activityIds;
      if (first === undefined || activityIds.some((id) => served.has(id))) continue;
      const owner = this.#ownerOf(first);
      accepted.set(owner, [...(accepted.get(owner) ?? []), { tool, activityIds }]);
    }
    return new Map([...accepted].map(([key, tools]) => [key, this.#withApprovals(tools)]));
  }

  #withApprovals(tools: readonly AcceptedTool[]): readonly AcceptedTool[] {
    const { processModel } = this.#input.request;
    const ruled = proposeTools({
      processModel,
      automation: this.#work.automation,
      integrationKinds: [],
      approvals: this.#waiting,
      activityIds: null,
    });
    const guarded = new Set(
      [...ruled.toolNames].flatMap(([id, names]) =>
        ruled.tools.some(({ name, requiresApproval }) => requiresApproval && names.includes(name))
          ? [id]
          : [],
      ),
    );
    const taken = new Set<string>();
    return tools.map(({ tool, activityIds }) => ({
      activityIds,
      tool: {
        ...tool,
        name: takeUnique(tool.name, taken),
        requiresApproval:
          tool.requiresApproval || activityIds.some((id) => this.#waiting.has(id) || guarded.has(id)),
      },
    }));
  }

  #toolNames(): ReadonlyMap<string, readonly string[]> {
    const names = new Map<string, readonly string[]>();
    for (const { tool, activityIds } of [...this.#tools.values()].flat()) {
      for (const id of activityIds) names.set(id, [...(names.get(id) ?? []), tool.name]);
    }
    return names;
  }

  #toAgent({ draft, key, name }: NamedDraft, isFirst: boolean): DraftedAgent {
    const { request, drafts, reject } = this.#input;
    const own = new Set(
      request.processModel.activities.flatMap(({ id }) => (this.#ownerOf(id) === key ? [id] : [])),
    );
    const base = isFirst ? request.base : null;
    const proposed = this.#keepBase(key, base);
    const handsOffTo = this.#handOffs(draft.handsOffTo, key, own);
    const handOffs = acceptHandOffs(draft, request.existingAgents, reject);
    const activityIds = drafts.length === 1 ? null : own;
    const guardrails = this.#guardrails(draft, activityIds);
    const written = checkInstructions(draft.instructions, new Set(proposed.tools.map((tool) => tool.name)));
    if (written.wasCut) reject(`the end of the instructions of ${name}`, 'They are too long.');
    const definition: AgentDefinition = {
      instructions: writeInstructions({
        name,
        description: request.sourceText,
        processModel: request.processModel,
        tools: proposed.tools,
        toolNames: this.#toolNames(),
        automation: this.#work.automation,
        guardrails,
        handOffs,
        share: this.#shareOf(key, own, handsOffTo),
        wishes: this.#wishes(),
        task: written.text === '' ? null : written.text,
      }),
      model: base?.model ?? { ...request.model, temperature: null, maxOutputTokens: null },
      tools: proposed.tools,
      skills: toSkills(draft, name),
      guardrails,
      inputModes: PROPOSED_MODES,
      outputModes: PROPOSED_MODES,
      settings: toSettings(request.processModel, handOffs, base ?? undefined),
    };
    const summary = asSentence(plainName(draft.summary, 300)) || asSentence(name);
    const findings = [
      ...proposed.findings,
      ...proposed.tools.flatMap((tool, index) =>
        tool.integrationKind === null ? [notConnectedFinding(tool, index)] : [],
      ),
      ...written.unknownTools.map((tool) => unknownToolFinding(plainName(tool, 60))),
    ];
    return { agent: { key, name, summary, definition, handsOffTo }, findings };
  }

  #keepBase(key: string, base: AgentDefinition | null): ReturnType<typeof keepBaseTools> {
    const { title, sourceText, integrationKinds } = this.#input.request;
    const tools = (this.#tools.get(key) ?? []).map(({ tool }) => tool);
    const proposed = { tools, toolNames: this.#toolNames(), findings: [] };
    if (base === null) return proposed;
    return keepBaseTools({
      proposed,
      baseTools: base.tools,
      integrationKinds,
      text: `${title}\n${sourceText}`,
    });
  }

  #handOffs(drafted: readonly string[], key: string, own: ReadonlySet<string>): readonly string[] {
    const { request, drafts, reject } = this.#input;
    const keys = new Map(drafts.map((named) => [named.draft.key, named.key]));
    const named = drafted.flatMap((other) => {
      const known = keys.get(other);
      if (known === undefined)
        reject(`hand-over to ${plainName(other, 60)}`, 'The proposal has no such agent.');
      return known ?? [];
    });
    const following = request.processModel.activities
      .filter(({ id }) => own.has(id))
      .flatMap((activity) => nextActivities(request.processModel, activity))
      .map(({ id }) => this.#ownerOf(id));
    return [...new Set([...following, ...named])].filter((other) => other !== key);
  }

  #shareOf(
    key: string,
    own: ReadonlySet<string>,
    handsOffTo: readonly string[],
  ): Parameters<typeof writeInstructions>[0]['share'] {
    const { request, drafts } = this.#input;
    if (drafts.length === 1) return null;
    const activities = request.processModel.activities;
    const names = new Map(drafts.map((named) => [named.key, named.name]));
    return {
      activityIds: own,
      titles: activities.filter(({ id }) => own.has(id)).map(activityTitle),
      colleagues: new Map(
        activities
          .filter(({ id }) => !own.has(id))
          .map(({ id }) => [id, names.get(this.#ownerOf(id)) ?? key]),
      ),
      handsOffTo: handsOffTo.flatMap((other) => names.get(other) ?? []),
    };
  }

  #guardrails(draft: NamedDraft['draft'], activityIds: ReadonlySet<string> | null): readonly Guardrail[] {
    const { processModel } = this.#input.request;
    const ruled = proposeGuardrails({ processModel, approvals: this.#waiting, activityIds });
    const said = new Set(ruled.map(({ description }) => description.toLowerCase()));
    const taken = new Set(ruled.map(({ id }) => id));
    const more = draft.guardrails.flatMap(({ kind, description }): readonly Guardrail[] => {
      const text = asSentence(plainName(description, 500));
      if (text === '' || said.has(text.toLowerCase())) return [];
      said.add(text.toLowerCase());
      return [{ id: takeUnique(`${kind.toLowerCase()}-more`, taken, '-'), kind, description: text }];
    });
    return [...ruled, ...more].slice(0, MAX_GUARDRAILS);
  }

  #wishes(): readonly string[] {
    return this.#input.adjustments.flatMap((adjustment) =>
      adjustment.kind === 'INSTRUCTION' ? [adjustment.text] : [],
    );
  }
}

function toSkills(draft: NamedDraft['draft'], name: string): readonly AgentSkill[] {
  const taken = new Set<string>();
  const drafts =
    draft.skills.length === 0 ? [{ name, description: draft.summary, examples: [] }] : draft.skills;
  return drafts.slice(0, MAX_SKILLS).map((skill) => {
    const title = plainName(skill.name, 100) || name;
    return {
      id: takeUnique(toIdentifier(toWords(title), 'skill', 60).replaceAll('_', '-'), taken, '-'),
      name: title,
      description: plainName(skill.description, 500),
      tags: [],
      examples: skill.examples
        .slice(0, 5)
        .map((example) => plainName(example, 300))
        .filter(Boolean),
    };
  });
}

function unknownToolFinding(name: string): Finding {
  return {
    severity: 'WARNING',
    path: ['instructions'],
    message: `The instructions speak of ${name}, which is no tool of the agent.`,
  };
}
