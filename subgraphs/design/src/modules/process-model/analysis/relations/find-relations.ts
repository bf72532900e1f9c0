/** What the mentions of a text have to do with each other: the same answer for the analyser and for the scores on a corpus. */
import type { TaggedSentence } from '../mentions.ts';
import { buildBlocks } from './block-builder.ts';
import { readEdges } from './flow-edges.ts';
import { locate } from './located.ts';
import type { LocatedMention, LocatedSentence } from './located.ts';
import { participationsOf } from './participation.ts';
import type { Participation } from './participation.ts';
import { readWorks } from './verb-forms.ts';

export type RelationType =
  | 'FLOW'
  | 'USES'
  | 'ACTOR_PERFORMER'
  | 'ACTOR_RECIPIENT'
  | 'FURTHER_SPECIFICATION'
  | 'SAME_GATEWAY';

export interface Relation {
  readonly type: RelationType;
  readonly source: LocatedMention;
  readonly target: LocatedMention;
}

/** The work of a text, in text order. */
export const findParticipations = (sentences: readonly LocatedSentence[]): readonly Participation[] => {
  const found: Participation[] = [];
  for (const sentence of sentences)
    found.push(...participationsOf(readWorks(sentence), found.at(-1) ?? null));
  return found;
};

export const findRelations = (sentences: readonly TaggedSentence[]): readonly Relation[] => {
  const located = locate(sentences);
  const steps = findParticipations(located);
  const edges = readEdges(buildBlocks(located, steps));
  const relations: Relation[] = [
    ...edges.flows.map(([source, target]): Relation => ({ type: 'FLOW', source, target })),
    ...edges.same.map(([source, target]): Relation => ({ type: 'SAME_GATEWAY', source, target })),
  ];
  for (const step of steps) {
    const add = (type: RelationType, targets: readonly LocatedMention[]): void => {
      for (const target of targets) relations.push({ type, source: step.work.mention, target });
    };
    add('ACTOR_PERFORMER', step.performers.length > 0 ? step.performers : step.carried);
    add('ACTOR_RECIPIENT', step.recipients);
    add('USES', step.data);
    add('FURTHER_SPECIFICATION', step.specifications);
  }
  return relations;
};
