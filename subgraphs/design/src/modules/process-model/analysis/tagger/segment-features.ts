/** Features of a whole segment: its build, its head, how it stands to the verbs around it. */
import type { VerbGroup } from '../chunks.ts';
import { FeatureList, hashText } from './feature-list.ts';
import { LABELS } from './labels.ts';
import { formOf } from './sentence-view.ts';
import type { SentenceView } from './sentence-view.ts';

const sizeOf = (words: number): number => (words <= 5 ? words : words <= 7 ? 6 : words <= 10 ? 7 : 8);
const distanceOf = (words: number): number => Math.min(words, 4);

const join = (left: number, right: number): number => Math.imul(left ^ right, 0x85ebca6b) ^ (left >>> 13);

/** Parts of speech with repetitions drawn together: `DET ADJ NOUN`, whatever the number of nouns. */
const buildOf = ({ words }: SentenceView, first: number, end: number): number => {
  let build = 0;
  let last = 0;
  let runs = 0;
  for (let at = first; at < end && runs < 9; at += 1) {
    const pos = words.pos.at(at);
    if (pos === last) continue;
    build = join(build, pos);
    last = pos;
    runs += 1;
  }
  return build;
};

/** Which chunks the segment is made of: one phrase, phrases hung together by a preposition, a verb with its object... */
const outlineOf = (view: SentenceView, first: number, end: number): string => {
  let outline = '';
  let at = first;
  while (at < end && outline.length < 12) {
    const phrase = view.phraseFrom[at];
    if (phrase !== undefined && phrase.end <= end) {
      outline += phrase.isPronoun ? 'P' : 'N';
      at = phrase.end;
      continue;
    }
    const group = view.groupAfter[at];
    if (group !== undefined && group.first === at && group.end <= end) {
      outline += 'V';
      at = group.end;
      continue;
    }
    if (group !== undefined && group.head === at) outline += 'h';
    else outline += phrase === undefined ? markOf(view, at) : 'n';
    at += 1;
  }
  return at < end ? `${outline}+` : outline;
};

const markOf = (view: SentenceView, at: number): string => {
  const token = view.rules.sentence.tokens[at];
  switch (token?.pos) {
    case 'ADP':
      return token.lower === 'of' ? 'o' : 'p';
    case 'CCONJ':
      return 'c';
    case 'SCONJ':
      return 's';
    case 'PUNCT':
      return ',';
    case 'ADV':
      return 'a';
    default:
      return 'x';
  }
};

/** The word that names the thing: the last of the first phrase, or the verb. */
const headOf = (view: SentenceView, first: number, end: number): number => {
  for (let at = first; at < end; at += 1) {
    const phrase = view.phraseFrom[at];
    if (phrase !== undefined && phrase.head < end) return phrase.head;
    const { pos } = view.rules.sentence.tokens[at] ?? {};
    if (pos === 'ADP' || pos === 'SCONJ' || pos === 'VERB') break;
  }
  return end - 1;
};

const formCode = (group: VerbGroup | undefined): number =>
  group === undefined ? 0 : hashText(formOf(group));

const addVerbs = (view: SentenceView, list: FeatureList, first: number, end: number, head: number): void => {
  const { words, length } = view;
  const before = view.groupBefore[first];
  const after = view.groupAfter[end];
  const kind = words.kind.at(head);
  const isPhrase = view.phraseFrom[first]?.end === end ? 1 : 2;
  if (before !== undefined) {
    const distance = distanceOf(first - before.end);
    list.add('verb-before', formCode(before), distance, isPhrase);
    list.add('verb-before-kind', words.kind.at(before.head), distance, kind);
    list.add('verb-before-lemma', words.lemma.at(before.head), distance);
    list.add('verb-before-preposition', words.kind.at(before.head), words.lower.at(first - 1), kind);
  }
  if (after !== undefined) {
    const distance = distanceOf(after.first - end);
    list.add('verb-after', formCode(after), distance, isPhrase);
    list.add('verb-after-kind', words.kind.at(after.head), distance, kind);
    list.add('verb-after-form', formCode(after), distance, kind);
    list.add('verb-after-lemma', words.lemma.at(after.head), distance);
  }
  list.add(
    'between-verbs',
    before === undefined ? 9 : distanceOf(first - before.end),
    after === undefined ? 9 : distanceOf(after.first - end),
    isPhrase,
  );
  const heads = (view.headsUpTo[end] ?? 0) - (view.headsUpTo[first] ?? 0);
  const earlier = view.headsUpTo[first] ?? 0;
  const later = (view.headsUpTo[length] ?? 0) - (view.headsUpTo[end] ?? 0);
  list.add('verbs-inside', Math.min(heads, 3));
  list.add('verbs-around', Math.min(earlier, 3), Math.min(later, 3), Math.min(heads, 3));
};

const addRules = (view: SentenceView, list: FeatureList, first: number, end: number): void => {
  let at = first;
  while (at < end) {
    const mention = view.mentionAt[at];
    at = mention?.end ?? at + 1;
    if (mention === undefined) continue;
    const label = LABELS.findIndex((one) => one === mention.type) + 1;
    const isFirst = mention.first === first;
    const isLast = mention.end === end;
    list.add('rule-says', label, isFirst ? (isLast ? 1 : 2) : isLast ? 3 : 4);
  }
  const cue = view.cueTo[first];
  if (cue !== undefined && cue.conditionEnd > cue.end)
    list.add('condition', Math.sign(cue.conditionEnd - end), 1);
};

export const segmentFeatures = (view: SentenceView, first: number, end: number): readonly number[] => {
  const { words } = view;
  const size = end - first;
  const list = new FeatureList();
  const build = buildOf(view, first, end);
  const outline = hashText(outlineOf(view, first, end));
  const head = headOf(view, first, end);
  const previous = words.lower.at(first - 1);
  list.add('size', sizeOf(size));
  list.add('build', build);
  list.add('build-around', build, words.pos.at(first - 1), words.pos.at(end));
  list.add('outline', outline);
  list.add('outline-around', outline, words.kind.at(first - 1), words.kind.at(end));
  list.add('outline-head', outline, words.kind.at(head));
  list.add('outline-before', outline, previous);
  list.add('head', words.lemma.at(head), outline);
  list.add('head-lemma', words.lemma.at(head));
  list.add('head-before', words.kind.at(head), previous, outline);
  list.add('around', words.kind.at(first - 1), words.kind.at(end), sizeOf(size));
  list.add('around-lemma', words.lemma.at(first - 1), words.lemma.at(end));
  list.add('ends', words.lemma.at(first), words.lemma.at(end - 1));
  list.add('end-kinds', words.kind.at(first), words.kind.at(end - 1), sizeOf(size));
  if (size <= 4) {
    let text = 0;
    for (let at = first; at < end; at += 1) text = join(text, words.lemma.at(at));
    list.add('text', text);
    list.add('text-before', text, previous);
  }
  const commas = (view.commasUpTo[end] ?? 0) - (view.commasUpTo[first] ?? 0);
  const joins = (view.joinsUpTo[end] ?? 0) - (view.joinsUpTo[first] ?? 0);
  list.add('inside', Math.min(commas, 2), Math.min(joins, 2), sizeOf(size));
  addVerbs(view, list, first, end, head);
  addRules(view, list, first, end);
  return list.keys;
};
