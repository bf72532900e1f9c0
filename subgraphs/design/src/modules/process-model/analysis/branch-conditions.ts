/** On which condition a branch is taken, in the words of the text. */
import type { Span } from '../process-model.ts';
import type { Branch, GatewayBlock } from './relations/blocks.ts';
import { spanOf, wordsAt } from './source.ts';
import type { Place, Source } from './source.ts';

export interface BranchCondition {
  readonly words: string;
  readonly span: Span;
}

const LONGEST_CONDITION = 30;

/** Behind `if`, up to the comma or `then`: for a condition that was not told apart. */
const looseCondition = (source: Source, { marker }: Branch): Place | null => {
  const tokens = source.sentences[marker.sentence]?.sentence.tokens ?? [];
  const limit = Math.min(tokens.length, marker.end + LONGEST_CONDITION);
  let end = marker.end;
  while (end < limit && !/^(?:[,;:.]|then|otherwise)$/u.test(tokens[end]?.lower ?? '')) end += 1;
  return end === marker.end ? null : { sentence: marker.sentence, first: marker.end, end };
};

export const branchCondition = (
  source: Source,
  gateway: GatewayBlock,
  branch: Branch,
): BranchCondition | null => {
  if (!gateway.isConditional) return null;
  const cue = wordsAt(source, spanOf(source, branch.marker)).toLowerCase();
  // `corrects it until it is complete`: the way back has no words of its own.
  if (cue === 'until' && branch.isElse) return null;
  const place = branch.isElse ? null : (branch.condition ?? looseCondition(source, branch));
  const span = spanOf(source, place ?? branch.marker);
  if (place === null) return { words: cue, span };
  const words = wordsAt(source, span);
  return { words: cue === 'unless' ? `unless ${words}` : words, span };
};
