/** Features of one word in its surroundings; they say whether a mention starts at it, ends with it, or has it inside. */
import { FeatureList } from './feature-list.ts';
import type { SentenceView } from './sentence-view.ts';

export const wordFeatures = ({ words, length }: SentenceView, at: number): readonly number[] => {
  const { lower, lemma, pos, shape, suffix, kind, chunk, rule } = words;
  const list = new FeatureList();
  list.add('bias');
  for (let offset = -2; offset <= 2; offset += 1) {
    const place = at + offset;
    list.add('lemma', offset, lemma.at(place));
    list.add('pos', offset, pos.at(place));
    list.add('kind', offset, kind.at(place));
    list.add('chunk', offset, chunk.at(place));
    list.add('rule', offset, rule.at(place));
  }
  list.add('lower', lower.at(at));
  list.add('suffix', suffix.at(at));
  list.add('shape', shape.at(at), Math.min(at, 1));
  list.add('shape-1', shape.at(at - 1), shape.at(at));
  list.add('first', Math.min(at, 2));
  list.add('last', Math.min(length - at, 3));
  for (let offset = -1; offset <= 0; offset += 1) {
    const place = at + offset;
    list.add('lemmas', offset, lemma.at(place), lemma.at(place + 1));
    list.add('poses', offset, pos.at(place), pos.at(place + 1));
    list.add('kinds', offset, kind.at(place), kind.at(place + 1));
    list.add('chunks', offset, chunk.at(place), chunk.at(place + 1));
    list.add('rules', offset, rule.at(place), rule.at(place + 1));
  }
  list.add('lemma-kind', lemma.at(at - 1), kind.at(at));
  list.add('kind-lemma', kind.at(at - 1), lemma.at(at));
  list.add('lemma-kind+', lemma.at(at), kind.at(at + 1));
  for (let offset = -2; offset <= 0; offset += 1) {
    const place = at + offset;
    list.add(`poses${offset}`, pos.at(place), pos.at(place + 1), pos.at(place + 2));
    list.add(`kinds${offset}`, kind.at(place), kind.at(place + 1), kind.at(place + 2));
  }
  return list.keys;
};
