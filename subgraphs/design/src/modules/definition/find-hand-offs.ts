/** Agents of the tenant that the text gives reason to hand work to. */
import type { ProcessModel } from '../process-model/process-model.ts';
import { containsPhrase, plainName, toContentWords, toStem, toWords } from './plain-text.ts';
import { activityTitle } from './process-steps.ts';

export interface ExistingAgent {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

export interface HandOff {
  readonly agentId: string;
  readonly agentName: string;
  readonly reason: string;
}

const MAX_HAND_OFFS = 10;
const MIN_NAME_LENGTH = 4;

export interface HandOffInput {
  readonly text: string;
  readonly processModel: ProcessModel;
  readonly existingAgents: readonly ExistingAgent[];
}

export function findHandOffs({ text, processModel, existingAgents }: HandOffInput): readonly HandOff[] {
  const handOffs = existingAgents.flatMap((agent) => {
    const reason = reasonFor(agent, text, processModel);
    return reason === null ? [] : [{ agentId: agent.id, agentName: plainName(agent.name, 120), reason }];
  });
  return handOffs.slice(0, MAX_HAND_OFFS);
}

function reasonFor(agent: ExistingAgent, text: string, model: ProcessModel): string | null {
  const name = toWords(agent.name).join(' ');
  const shortName = name.replace(/ (?:agent|assistant|bot)$/, '');
  const isNamed = [name, shortName].some(
    (phrase) => phrase.length >= MIN_NAME_LENGTH && containsPhrase(text, phrase),
  );
  if (isNamed) return 'the description names it';

  const skillStems = new Set(toContentWords(agent.description).map(toStem));
  const activity = model.activities.find(({ verb, object }) => {
    const head = toContentWords(object ?? '').at(-1);
    const [action] = toWords(verb);
    return (
      head !== undefined &&
      action !== undefined &&
      skillStems.has(toStem(action)) &&
      skillStems.has(toStem(head))
    );
  });
  return activity === undefined ? null : `its description covers «${activityTitle(activity)}»`;
}
