/** Parts of a sentence that can be quoted on their own. */
import type { Span } from '../process-model.ts';
import type { Mention, TaggedSentence } from './mentions.ts';

export interface Clause {
  readonly span: Span;
  /** The conditions inside, without the words that open them. */
  readonly conditions: readonly Span[];
}

interface Cut {
  /** Where the clause before ends and the clause after starts, by token index. */
  readonly end: number;
  readonly start: number;
}

const TRAILING = /[\s.!?;:,]+$/u;
const COORDINATORS = new Set(['and', 'or', 'but']);

/** The span without blanks around and closing punctuation. */
export const trimmed = (text: string, span: Span): Span => {
  const words = text.slice(span.start, span.end);
  const lead = words.length - words.trimStart().length;
  const tail = TRAILING.exec(words)?.[0].length ?? 0;
  return { start: Math.min(span.start + lead, span.end), end: Math.max(span.start + lead, span.end - tail) };
};

const wordAt = (tagged: TaggedSentence, index: number): string => tagged.sentence.tokens[index]?.lower ?? '';

const conditionAfter = (tagged: TaggedSentence, cue: Mention): Mention | undefined =>
  tagged.mentions.find((mention) => mention.type === 'CONDITION' && mention.first === cue.end);

/** `If A, x` leads its clause, `x if A` closes it; `the clerk, if A, signs` stands inside it. */
const leadsClause = (tagged: TaggedSentence, cue: Mention, condition: Mention): boolean => {
  if (wordAt(tagged, cue.first - 1) === ',' && COORDINATORS.has(wordAt(tagged, cue.first - 2))) return false;
  const after = wordAt(tagged, condition.end) === ',' ? condition.end + 1 : condition.end;
  const isOver = ['', '.', '!', '?', ';', ':', ')'].includes(wordAt(tagged, after));
  const isOtherBranch = tagged.mentions.some(
    (mention) => mention.type === 'XOR_GATEWAY' && mention.first === after,
  );
  return !isOver && !isOtherBranch && !COORDINATORS.has(wordAt(tagged, after));
};

const cutBefore = (tagged: TaggedSentence, cue: Mention): readonly Cut[] => {
  if (['and', 'or', 'only'].includes(wordAt(tagged, cue.first))) return [];
  const condition = conditionAfter(tagged, cue);
  if (condition !== undefined && !leadsClause(tagged, cue, condition)) return [];
  const isJoined = COORDINATORS.has(wordAt(tagged, cue.first - 1));
  return [{ end: isJoined ? cue.first - 1 : cue.first, start: cue.first }];
};

/** Splits at semicolons, before `otherwise` and before a condition that leads a clause; a condition stays with what it governs. */
export const clausesOf = (text: string, tagged: TaggedSentence): readonly Clause[] => {
  const { sentence, mentions } = tagged;
  const { tokens } = sentence;
  const cuts: Cut[] = tokens.flatMap((token, index) =>
    token.lower === ';' ? [{ end: index, start: index + 1 }] : [],
  );
  for (const mention of mentions)
    if (mention.type === 'XOR_GATEWAY') cuts.push(...cutBefore(tagged, mention));
  cuts.sort((left, right) => left.start - right.start);
  const starts = [0, ...cuts.map((cut) => cut.start)];
  const ends = [...cuts.map((cut) => cut.end), tokens.length];
  return starts.flatMap((first, index) => {
    const end = ends[index] ?? tokens.length;
    const start = tokens[first]?.start;
    const last = tokens[end - 1]?.end;
    if (start === undefined || last === undefined || last <= start) return [];
    const span = trimmed(text, { start, end: last });
    return span.end > span.start ? [{ span, conditions: conditionsIn(tagged, first, end) }] : [];
  });
};

const conditionsIn = (tagged: TaggedSentence, first: number, end: number): readonly Span[] =>
  tagged.mentions.flatMap((mention) => {
    const opening = tagged.sentence.tokens[mention.first];
    const closing = tagged.sentence.tokens[mention.end - 1];
    return mention.type === 'CONDITION' &&
      mention.first >= first &&
      mention.end <= end &&
      opening !== undefined &&
      closing !== undefined
      ? [{ start: opening.start, end: closing.end }]
      : [];
  });
