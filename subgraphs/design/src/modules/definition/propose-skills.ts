/** What the agent offers to others: the process as a whole, and its work in each system. */
import type { ProcessActivity, ProcessModel, ProcessSystem } from '../process-model/process-model.ts';
import type { AgentSkill } from './agent-definition.ts';
import {
  asSentence,
  firstSentences,
  listInWords,
  oneLine,
  takeUnique,
  toIdentifier,
  toWords,
} from './plain-text.ts';
import { activityTitle } from './activities.ts';
import type { Automation } from './automation-cut.ts';

const MAX_SYSTEM_SKILLS = 12;

export interface SkillsInput {
  readonly name: string;
  readonly description: string;
  readonly processModel: ProcessModel;
  readonly automation: Automation;
  /** The agent's own activities; null for all. */
  readonly activityIds: ReadonlySet<string> | null;
}

export function proposeSkills(input: SkillsInput): readonly AgentSkill[] {
  const { name, description, processModel, automation, activityIds } = input;
  const isOwn = ({ id }: ProcessActivity): boolean =>
    automation.get(id)?.performer === 'AGENT' && (activityIds === null || activityIds.has(id));
  const taken = new Set<string>();
  const whole: AgentSkill = {
    id: takeUnique(toSkillId(name), taken),
    name,
    description: firstSentences(description),
    tags: uniqueTags(processModel.systems.map((system) => system.name)),
    examples: processModel.triggers
      .slice(0, 5)
      .map((trigger) => asSentence(trigger.description))
      .filter(Boolean),
  };
  const ofSystems = processModel.systems.slice(0, MAX_SYSTEM_SKILLS).flatMap((system) => {
    const work = processModel.activities.filter(
      (activity) => activity.systemIds.includes(system.id) && isOwn(activity),
    );
    return work.length === 0 ? [] : [toSystemSkill(system, work, taken)];
  });
  return [whole, ...ofSystems];
}

function toSystemSkill(
  system: ProcessSystem,
  work: readonly ProcessActivity[],
  taken: Set<string>,
): AgentSkill {
  const systemName = oneLine(system.name, 80);
  const titles = [...new Set(work.map(activityTitle))];
  return {
    id: takeUnique(toSkillId(`${systemName} work`), taken),
    name: `Work in ${systemName}`,
    description: oneLine(`${listInWords(titles.slice(0, 6))} in ${systemName}.`, 500),
    tags: uniqueTags([system.name, ...work.map(({ verb }) => verb)]),
    examples: titles.slice(0, 5),
  };
}

function toSkillId(name: string): string {
  return toIdentifier(toWords(name), 'skill', 60).replaceAll('_', '-');
}

function uniqueTags(names: readonly string[]): readonly string[] {
  const tags = names.map((name) => toWords(name).join('-').slice(0, 40)).filter((tag) => tag !== '');
  return [...new Set(tags)].slice(0, 10);
}
