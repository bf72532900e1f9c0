/** Work that is done again: `the process goes back to the review`, `corrects the form until it is complete`. */
import { gatewayBlock, openBranch } from './relations/blocks.ts';
import type { Block, Branch } from './relations/blocks.ts';
import { saysGoesBack, stem } from './relations/flow-words.ts';
import { lowerAt, wordsBetween } from './relations/located.ts';
import type { LocatedMention, LocatedSentence } from './relations/located.ts';
import type { Participation } from './relations/participation.ts';

export interface Repetitions {
  readonly blocks: readonly Block[];
  /** Where a branch leads back to; null when the text does not say where. */
  readonly backTo: ReadonlyMap<Branch, Participation | null>;
}

const STARTS_OVER = /\b(?:start|beginning|first step|starts? over)\b/u;
const VERB_FORMS = new Set('is are was were be been has have had does do can cannot'.split(' '));

const clauseWords = (sentence: LocatedSentence, from: number): readonly string[] => {
  const words = wordsBetween(sentence, from, sentence.tokens.length);
  const end = words.findIndex((word, at) => at > 0 && [';', '.', ','].includes(word));
  return end < 0 ? words : words.slice(0, end);
};

class RepetitionReader {
  readonly backTo = new Map<Branch, Participation | null>();
  readonly #sentences: readonly LocatedSentence[];
  readonly #steps: readonly Participation[];

  constructor(sentences: readonly LocatedSentence[], steps: readonly Participation[]) {
    this.#sentences = sentences;
    this.#steps = steps;
  }

  read(blocks: readonly Block[]): readonly Block[] {
    return blocks.flatMap((block) => {
      if (block.type === 'STEP') return this.#readStep(block);
      for (const branch of block.branches) {
        const inner = this.read(branch.blocks);
        branch.blocks.splice(0, branch.blocks.length, ...inner);
        const sentence = this.#sentences[branch.marker.sentence];
        if (branch.isAside && sentence !== undefined && saysGoesBack(sentence, branch.marker))
          this.backTo.set(branch, this.#targetOf(sentence, branch.marker));
      }
      return [block];
    });
  }

  /** The latest step before that the words name by its verb or its object. */
  #targetOf(sentence: LocatedSentence, marker: LocatedMention): Participation | null {
    const words = wordsBetween(sentence, marker.first, sentence.tokens.length);
    const earlier = this.#steps.slice(
      0,
      this.#steps.findLastIndex((step) => step.work.sentence.index < sentence.index) + 1,
    );
    if (STARTS_OVER.test(words.join(' '))) return earlier[0] ?? null;
    const behind = words.slice(words.lastIndexOf('back') + 1).map(stem);
    const named = new Set(behind.filter((word) => word.length > 3));
    return (
      earlier.findLast(({ work }) => named.has(stem(lowerAt(work.sentence, work.mention.first)))) ??
      earlier.findLast(({ data }) =>
        data.some((thing) => named.has(stem(lowerAt(this.#sentenceOf(thing), thing.end - 1)))),
      ) ??
      null
    );
  }

  #sentenceOf(mention: LocatedMention): LocatedSentence {
    return this.#sentences[mention.sentence] ?? { index: mention.sentence, tokens: [], mentions: [] };
  }

  /** A step that is done until a condition holds gets a decision behind it. */
  #readStep(block: Block & { readonly type: 'STEP' }): readonly Block[] {
    const { sentence, mention } = block.step.work;
    const next = sentence.mentions.find(({ type, first }) => type === 'ACTIVITY' && first > mention.first);
    const words = wordsBetween(sentence, mention.end, next?.first ?? sentence.tokens.length);
    const at = words.indexOf('until');
    const condition = at < 0 ? [] : clauseWords(sentence, mention.end + at + 1);
    if (!condition.some((word) => VERB_FORMS.has(word))) return [block];
    const first = mention.end + at;
    const place = { sentence: sentence.index, index: -1 } as const;
    const marker: LocatedMention = { type: 'XOR_GATEWAY', first, end: first + 1, ...place };
    const held: LocatedMention = {
      type: 'CONDITION',
      first: first + 1,
      end: first + 1 + condition.length,
      ...place,
    };
    const again = openBranch(marker, null, true);
    this.backTo.set(again, block.step);
    return [block, gatewayBlock('XOR', true, [openBranch(marker, held), again])];
  }
}

export const readRepetitions = (
  sentences: readonly LocatedSentence[],
  steps: readonly Participation[],
  blocks: readonly Block[],
): Repetitions => {
  const reader = new RepetitionReader(sentences, steps);
  return { blocks: reader.read(blocks), backTo: reader.backTo };
};
