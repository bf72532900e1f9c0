/** Precision, recall and F1 of relations by the PET scheme: mentions as annotated, and type and both ends must be exact. */
import type { TaggedSentence } from '../../src/modules/process-model/analysis/mentions.ts';
import { findRelations } from '../../src/modules/process-model/analysis/relations/find-relations.ts';
import type { RelationType } from '../../src/modules/process-model/analysis/relations/find-relations.ts';
import type { Document, MentionPlace } from '../corpus.ts';
import { toScore } from '../mention-scores.ts';
import type { Score } from '../mention-scores.ts';
import { toSentences } from '../sentences.ts';

const TYPES: readonly RelationType[] = [
  'FLOW',
  'USES',
  'ACTOR_PERFORMER',
  'ACTOR_RECIPIENT',
  'FURTHER_SPECIFICATION',
  'SAME_GATEWAY',
];

export interface RelationScores {
  readonly all: Score;
  readonly byType: readonly (Score & { readonly type: RelationType })[];
}

/** One relation, so that sets of them can be compared. */
const keyOf = (type: RelationType, source: MentionPlace, target: MentionPlace): string =>
  [type, source.sentence, source.mention, target.sentence, target.mention].join(' ');

/** The sentences of a document as the analyser sees them, with the mentions of the corpus. */
export const toTagged = (document: Document): readonly TaggedSentence[] =>
  toSentences(document).sentences.map((sentence, index) => ({
    sentence,
    mentions: document.sentences[index]?.mentions ?? [],
  }));

export interface Comparison {
  readonly found: ReadonlySet<string>;
  readonly gold: ReadonlySet<string>;
}

/** Gold and found relations of one document; the corpus names a few relations twice, which count once. */
export const compareRelations = (document: Document): Comparison => {
  const found = findRelations(toTagged(document)).map(({ type, source, target }) =>
    keyOf(
      type,
      { sentence: source.sentence, mention: source.index },
      { sentence: target.sentence, mention: target.index },
    ),
  );
  const gold = document.relations.map(({ type, source, target }) => keyOf(type, source, target));
  return { found: new Set(found), gold: new Set(gold) };
};

const countType = (comparisons: readonly Comparison[], prefix: string): Score => {
  const isMeant = (key: string): boolean => key.startsWith(prefix);
  let [found, right, gold] = [0, 0, 0];
  for (const comparison of comparisons) {
    const keys = [...comparison.found].filter(isMeant);
    found += keys.length;
    right += keys.filter((key) => comparison.gold.has(key)).length;
    gold += [...comparison.gold].filter(isMeant).length;
  }
  return toScore({ found, right, gold });
};

/** Micro scores over all documents. */
export const scoreRelations = (documents: readonly Document[]): RelationScores => {
  const comparisons = documents.map(compareRelations);
  return {
    all: countType(comparisons, ''),
    byType: TYPES.map((type) => ({ type, ...countType(comparisons, `${type} `) })),
  };
};
