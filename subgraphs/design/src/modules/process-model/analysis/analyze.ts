/** From the text of a process description to a process model, by rules alone: the same text always gives the same model. */
import { deriveHandoffs } from '../model-graph.ts';
import type { ProcessActor, ProcessModel } from '../process-model.ts';
import { activityKind, draftActivities } from './activities.ts';
import type { ActivityDraft } from './activities.ts';
import { writeFlows } from './flows.ts';
import type { Flows } from './flows.ts';
import { findMentions } from './mentions.ts';
import { Actors, DataObjects } from './participants.ts';
import { believedSteps } from './process-evidence.ts';
import { findQuestions } from './questions.ts';
import { buildBlocks } from './relations/block-builder.ts';
import { findParticipations } from './relations/find-relations.ts';
import { locate } from './relations/located.ts';
import type { LocatedSentence } from './relations/located.ts';
import { withoutRestatements } from './restatements.ts';
import { readRepetitions } from './repetitions.ts';
import { findExceptions, findRules, strikes } from './rules.ts';
import type { Source } from './source.ts';
import { toStep } from './steps.ts';
import { withRoles } from './system-roles.ts';
import { findSystems } from './systems.ts';
import { tokenise } from './tokenise.ts';
import { findTriggers } from './triggers.ts';

/** Who may do what nobody is named for: whoever worked before. */
const guessesOf = (
  drafts: readonly ActivityDraft[],
  actors: readonly ProcessActor[],
): ReadonlyMap<string, string> => {
  const names = new Map(actors.map(({ id, name }) => [id, name]));
  return new Map(
    drafts.flatMap(({ activity, guessId }) => {
      const name = guessId === null ? undefined : names.get(guessId);
      return name === undefined ? [] : [[activity.id, name]];
    }),
  );
};

const orderOf = (
  source: Source,
  located: readonly LocatedSentence[],
  drafts: readonly ActivityDraft[],
): Flows => {
  const participations = drafts.map(({ step }) => step.participation);
  const steps = new Map(drafts.map(({ step, activity }) => [step.participation, activity]));
  const { blocks, backTo } = readRepetitions(located, participations, buildBlocks(located, participations));
  return writeFlows({ source, blocks, backTo, steps });
};

export const analyzeProcessText = (text: string): ProcessModel => {
  const source: Source = { text, sentences: findMentions(tokenise(text)) };
  const located = locate(source.sentences);
  const steps = believedSteps(source, withoutRestatements(source, findParticipations(located).map(toStep)));
  const found = findSystems(source);
  const actors = new Actors(source);
  const data = new DataObjects(source);
  const drafts = draftActivities(steps, found.mentions, { source, actors, data });
  const actorList = actors.list();
  const activities = drafts.map((draft) => ({
    ...draft.activity,
    kind: activityKind(draft, source, actorList),
  }));
  const { gateways, flows, ends, oneSided, lostBack } = orderOf(source, located, drafts);
  const hasProcess = activities.length > 0;
  const triggers = findTriggers(source, steps, activities);
  return {
    revision: 1,
    actors: actorList,
    activities,
    gateways,
    flows,
    ends,
    handoffs: deriveHandoffs({ activities, gateways, flows }),
    dataObjects: data.list(),
    systems: hasProcess ? withRoles(found.systems, found.mentions, { source, steps }) : [],
    triggers,
    rules: hasProcess ? findRules(source, activities) : [],
    exceptions: hasProcess ? findExceptions(source, strikes(flows, activities)) : [],
    openQuestions: findQuestions({
      source,
      activities,
      triggers,
      oneSided,
      lostBack,
      guesses: guessesOf(drafts, actorList),
      unnamedSystems: found.unnamed,
    }),
  };
};
