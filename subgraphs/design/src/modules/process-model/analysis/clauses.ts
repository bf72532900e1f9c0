/** Parts of a sentence that can be quoted on their own. */
import type { Span } from '../process-model.ts';
import type { TaggedSentence } from './mentions.ts';

const TRAILING = /[\s.!?;:,]+$/u;

/** The span without blanks around and closing punctuation. */
export const trimmed = (text: string, span: Span): Span => {
  const words = text.slice(span.start, span.end);
  const lead = words.length - words.trimStart().length;
  const tail = TRAILING.exec(words)?.[0].length ?? 0;
  return { start: Math.min(span.start + lead, span.end), end: Math.max(span.start + lead, span.end - tail) };
};

/** Splits at semicolons, before `otherwise` and after a condition; commas and `and` stay inside. */
export const clausesOf = (text: string, tagged: TaggedSentence): readonly Span[] => {
  const { sentence, mentions } = tagged;
  const cuts = new Set<number>();
  sentence.tokens.forEach((token, index) => {
    if (token.lower === ';') cuts.add(token.end);
    if (
      token.lower === ',' &&
      mentions.some((mention) => mention.type === 'CONDITION' && mention.end === index)
    )
      cuts.add(token.end);
  });
  for (const mention of mentions) {
    const token = sentence.tokens[mention.first];
    if (
      token !== undefined &&
      mention.type === 'XOR_GATEWAY' &&
      token.lower !== 'or' &&
      token.lower !== 'only'
    )
      cuts.add(token.start);
  }
  const bounds = [sentence.start, ...[...cuts].toSorted((left, right) => left - right), sentence.end];
  return bounds.slice(0, -1).flatMap((start, index) => {
    const span = trimmed(text, { start, end: bounds[index + 1] ?? sentence.end });
    return span.end > span.start ? [span] : [];
  });
};
