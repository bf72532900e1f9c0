/** From the text of a process description to a process model, by rules alone: the same text always gives the same model. */
import type { ProcessModel } from '../process-model.ts';
import { activityKind, draftActivities } from './activities.ts';
import { writeFlows } from './flows.ts';
import { buildBlocks } from './gateways.ts';
import { findMentions } from './mentions.ts';
import { Actors, DataObjects } from './participants.ts';
import { findQuestions } from './questions.ts';
import { relate } from './relations.ts';
import type { Step } from './relations.ts';
import { withoutRestatements } from './restatements.ts';
import { findExceptions, findRules } from './rules.ts';
import type { Source } from './source.ts';
import { findSystems } from './systems.ts';
import { tokenise } from './tokenise.ts';
import { findTriggers } from './triggers.ts';
import { WORK_VERBS } from './verb-words.ts';

/** A text in which nobody does anything that is known as work describes no process, whatever verbs it has. */
const onlyWork = (steps: readonly Step[]): readonly Step[] =>
  steps.some((step) => WORK_VERBS.has(step.verb)) ? steps : [];

export const analyzeProcessText = (text: string): ProcessModel => {
  const source: Source = { text, sentences: findMentions(tokenise(text)) };
  const steps = onlyWork(withoutRestatements(source, relate(source.sentences)));
  const found = findSystems(source);
  const actors = new Actors(source);
  const data = new DataObjects(source);
  const drafts = draftActivities(steps, found.mentions, { source, actors, data });
  const actorList = actors.list();
  const activities = drafts.map((draft) => ({
    ...draft.activity,
    kind: activityKind(draft, source, actorList),
  }));
  const { gateways, flows, oneSided } = writeFlows(buildBlocks(source, steps), activities);
  const hasProcess = activities.length > 0;
  return {
    revision: 1,
    actors: actorList,
    activities,
    gateways,
    flows,
    ends: [],
    handoffs: [],
    dataObjects: data.list(),
    systems: hasProcess ? found.systems : [],
    triggers: findTriggers(source, steps),
    rules: hasProcess ? findRules(source) : [],
    exceptions: hasProcess ? findExceptions(source) : [],
    openQuestions: findQuestions({ source, activities, oneSided, unnamedSystems: found.unnamed }),
  };
};
