/** From the text of a process description to a process model, by rules alone: the same text always gives the same model. */
import { deriveHandoffs } from '../model-graph.ts';
import type { ProcessModel } from '../process-model.ts';
import { activityKind, draftActivities } from './activities.ts';
import type { ActivityDraft } from './activities.ts';
import { writeFlows } from './flows.ts';
import type { Flows } from './flows.ts';
import { findMentions } from './mentions.ts';
import { Actors, DataObjects } from './participants.ts';
import { findQuestions } from './questions.ts';
import { buildBlocks } from './relations/block-builder.ts';
import { findParticipations } from './relations/find-relations.ts';
import { locate } from './relations/located.ts';
import type { LocatedSentence } from './relations/located.ts';
import { withoutRestatements } from './restatements.ts';
import { findExceptions, findRules } from './rules.ts';
import type { Source } from './source.ts';
import { toStep } from './steps.ts';
import type { Step } from './steps.ts';
import { findSystems } from './systems.ts';
import { tokenise } from './tokenise.ts';
import { findTriggers } from './triggers.ts';
import { WORK_VERBS } from './verb-words.ts';

/** A text in which nobody does anything that is known as work describes no process, whatever verbs it has. */
const onlyWork = (steps: readonly Step[]): readonly Step[] =>
  steps.some((step) => WORK_VERBS.has(step.verb)) ? steps : [];

const orderOf = (
  source: Source,
  located: readonly LocatedSentence[],
  drafts: readonly ActivityDraft[],
): Flows => {
  const steps = drafts.map(({ step }) => step.participation);
  const places = new Map(drafts.map(({ step, activity }) => [step.participation, activity]));
  return writeFlows(source, buildBlocks(located, steps), places);
};

export const analyzeProcessText = (text: string): ProcessModel => {
  const source: Source = { text, sentences: findMentions(tokenise(text)) };
  const located = locate(source.sentences);
  const steps = onlyWork(withoutRestatements(source, findParticipations(located).map(toStep)));
  const found = findSystems(source);
  const actors = new Actors(source);
  const data = new DataObjects(source);
  const drafts = draftActivities(steps, found.mentions, { source, actors, data });
  const actorList = actors.list();
  const activities = drafts.map((draft) => ({
    ...draft.activity,
    kind: activityKind(draft, source, actorList),
  }));
  const { gateways, flows, ends, oneSided } = orderOf(source, located, drafts);
  const hasProcess = activities.length > 0;
  const triggers = findTriggers(source, steps);
  return {
    revision: 1,
    actors: actorList,
    activities,
    gateways,
    flows,
    ends,
    handoffs: deriveHandoffs({ activities, gateways, flows }),
    dataObjects: data.list(),
    systems: hasProcess ? found.systems : [],
    triggers,
    rules: hasProcess ? findRules(source) : [],
    exceptions: hasProcess ? findExceptions(source) : [],
    openQuestions: findQuestions({ source, activities, triggers, oneSided, unnamedSystems: found.unnamed }),
  };
};
