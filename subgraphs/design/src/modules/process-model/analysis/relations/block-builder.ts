/** Orders the steps of a text into blocks, sentence by sentence. */
import { invariant } from '@flowgrid/platform';
import { gatewayBlock, lastStepsOf, openBranch, stepBlock } from './blocks.ts';
import type { Block, Branch, GatewayBlock } from './blocks.ts';
import {
  isAboutSame,
  isChoiceMarker,
  isElseMarker,
  outcomesOf,
  saysAnyCase,
  saysEnd,
  saysGoesBack,
  saysGoesOn,
  saysRefusal,
  saysSameCase,
  topicsOf,
} from './flow-words.ts';
import { joinListed } from './listed-blocks.ts';
import { lowerAt } from './located.ts';
import type { LocatedMention, LocatedSentence } from './located.ts';
import type { Participation } from './participation.ts';
import { readSentenceWork } from './sentence-work.ts';
import type { SentenceWork } from './sentence-work.ts';

const MOST_REJOINED = 3;

interface Place {
  /** Where the next step is put. */
  readonly blocks: Block[];
  readonly branch: Branch | null;
}

class BlockBuilder {
  readonly root: Block[] = [];
  readonly #sentences: readonly LocatedSentence[];
  /** The conditional gateway that the next sentence may add a branch to. */
  #open: GatewayBlock | null = null;
  #latest: GatewayBlock | null = null;

  constructor(sentences: readonly LocatedSentence[]) {
    this.#sentences = sentences;
  }

  addSentence(sentence: LocatedSentence, participations: readonly Participation[]): void {
    const work = readSentenceWork(sentence, participations);
    if (saysAnyCase(sentence) && this.#latest !== null) this.#latest.joinsAll = true;
    const continued = this.#continuedBranch(work);
    if (continued === null && work.steps.length > 0 && !work.opensWithBranch) this.#open = null;
    const place = this.#addParts(work, { blocks: continued?.blocks ?? this.root, branch: continued });
    joinListed(work, place.blocks);
    if (place.branch !== null && saysEnd(sentence)) place.branch.isEnd = true;
  }

  /** `In this case, ...` goes on with the branch told last. */
  #continuedBranch({ sentence, markers }: SentenceWork): Branch | null {
    const isContinued = markers.length === 0 && saysSameCase(sentence);
    return isContinued ? (this.#open?.branches.at(-1) ?? null) : null;
  }

  #addParts(work: SentenceWork, start: Place): Place {
    let place = start;
    // Steps keep the order of work; markers stand where the text has them.
    const queue = [...work.steps];
    for (const part of work.parts) {
      if (part.type === 'ACTIVITY') {
        const step = queue.shift();
        if (step !== undefined) place.blocks.push(stepBlock(step));
        continue;
      }
      const branch = this.#addMarker(work, part, place.blocks);
      if (branch !== null) place = { blocks: branch.blocks, branch };
    }
    return place;
  }

  /** The branch that goes on behind the marker; null when the marker is about what stands before it. */
  #addMarker(work: SentenceWork, marker: LocatedMention, blocks: Block[]): Branch | null {
    const { sentence } = work;
    if (marker.type === 'AND_GATEWAY') return null;
    if (isChoiceMarker(sentence, marker)) return this.#addLateChoice(work, marker, blocks);
    const condition = work.conditionOf(marker);
    const isElse = isElseMarker(sentence, marker);
    const checked = work.checkedBefore(marker);
    const branch = openBranch(marker, condition, isElse);
    if (checked !== null) {
      this.#push(blocks, [openBranch(marker, checked), branch]);
      return branch;
    }
    return isElse ? this.#addElse(branch) : this.#addCondition(work, branch, blocks);
  }

  /** `whether parts are missing and must be procured or not`: the condition stands before its step, and `or` behind. */
  #addLateChoice(work: SentenceWork, marker: LocatedMention, blocks: Block[]): null {
    const condition = work.checkedBefore(marker);
    if (condition !== null && !work.hasStepsAfter(marker))
      this.#addTrailing(work, openBranch(marker, condition), blocks);
    return null;
  }

  #addElse(branch: Branch): Branch {
    const gateway = this.#open ?? this.#reopen();
    if (gateway === null) this.#push(this.root, [branch]);
    else gateway.branches.push(branch);
    this.#open = gateway ?? this.#open;
    return branch;
  }

  /** `If A, x. Then y. Otherwise z.`: what stands between belongs to the branch of A. */
  #reopen(): GatewayBlock | null {
    const at = this.root.findLastIndex((block) => block.type === 'GATEWAY' && block.isConditional);
    const found = this.root[at];
    const isNear = this.root.length - at - 1 <= MOST_REJOINED;
    if (found?.type !== 'GATEWAY' || !isNear || found.branches.some((branch) => branch.isElse)) return null;
    found.branches.at(-1)?.blocks.push(...this.root.splice(at + 1));
    return found;
  }

  #addCondition(work: SentenceWork, branch: Branch, blocks: Block[]): Branch | null {
    const { marker } = branch;
    const before = this.#open?.branches.at(-1);
    // `otherwise, if B`: the second marker says what the first one left open.
    if (before?.isElse === true && before.blocks.length === 0 && this.#open !== null) {
      this.#open.branches.splice(-1, 1, branch);
      return branch;
    }
    if (!work.hasStepsAfter(marker) && work.steps.some((step) => step.work.mention.first < marker.first)) {
      this.#addTrailing(work, branch, blocks);
      return null;
    }
    const isNextClause = before !== undefined && before.blocks.length > 0 && blocks === before.blocks;
    if (
      this.#open !== null &&
      (blocks === this.root || isNextClause) &&
      this.#isAlternative(work.sentence, branch)
    ) {
      this.#open.branches.push(branch);
      return branch;
    }
    const listed =
      lowerAt(work.sentence, marker.first - 1) === 'or' ? this.#takeGoverned(work, marker, blocks) : [];
    const other = { ...openBranch(marker), blocks: [...listed] };
    this.#push(blocks, listed.length === 0 ? [branch] : [other, branch]);
    return branch;
  }

  #push(blocks: Block[], branches: readonly [Branch, ...Branch[]]): void {
    const gateway = gatewayBlock('XOR', true, branches);
    blocks.push(gateway);
    this.#open = gateway;
    this.#latest = gateway;
  }

  /**
   * Conditions told one right after the other are branches of one decision, unless the second is about what the branch of the first
   * has made: `the department selects a vendor. If the vendor is unknown...`.
   */
  #isAlternative(sentence: LocatedSentence, { condition }: Branch): boolean {
    const gateway = this.#open;
    if (gateway === null || gateway.branches.some(({ isElse }) => isElse)) return false;
    if (condition === null || isAboutSame(sentence, condition)) return true;
    const topics = topicsOf(sentence, condition);
    const isAbout = gateway.branches.some((branch) =>
      [...this.#topicsOf(branch)].some((topic) => topics.has(topic)),
    );
    const made = gateway.branches.flatMap((branch) => lastStepsOf(branch.blocks)).flatMap(outcomesOf);
    return isAbout || !made.some((outcome) => topics.has(outcome));
  }

  #topicsOf({ condition }: Branch): ReadonlySet<string> {
    return condition === null ? new Set() : topicsOf(this.#sentenceOf(condition), condition);
  }

  #sentenceOf({ sentence }: LocatedMention): LocatedSentence {
    const found = this.#sentences[sentence];
    invariant(found !== undefined, 'a mention lies in a sentence of the text');
    return found;
  }

  /** `The clerk rejects the claim if it is late`: the condition governs the steps before it. */
  #addTrailing(work: SentenceWork, branch: Branch, blocks: Block[]): void {
    branch.blocks.push(...this.#takeGoverned(work, branch.marker, blocks));
    this.#push(blocks, [branch]);
  }

  /** The steps right before a marker that share one subject. */
  #takeGoverned(work: SentenceWork, marker: LocatedMention, blocks: Block[]): readonly Block[] {
    const before = work.steps.filter((step) => step.work.mention.first < marker.first);
    const governed = before.slice(
      Math.max(
        0,
        before.findLastIndex((step) => !step.work.isJoined),
      ),
    );
    const at = blocks.findIndex((block) => block.type === 'STEP' && governed.includes(block.step));
    return at < 0 ? [] : blocks.splice(at).filter((block) => block.type === 'STEP');
  }

  /** Once all is told: which branches do not lead to what follows, though nobody says that the process ends. */
  settle(blocks: readonly Block[] = this.root): void {
    for (const block of blocks) {
      if (block.type === 'STEP') continue;
      for (const branch of block.branches) this.settle(branch.blocks);
      if (block.isConditional && !block.joinsAll) this.#settleBranches(block);
      block.isInclusive = block.isConditional && this.#isInclusive(block);
    }
  }

  /** No two conditions speak of the same thing, and none is left out by an `otherwise`. */
  #isInclusive({ branches }: GatewayBlock): boolean {
    const seen = new Set<string>();
    const isFree = (branch: Branch): boolean => {
      const { condition } = branch;
      if (condition === null || isAboutSame(this.#sentenceOf(condition), condition)) return false;
      const topics = [...this.#topicsOf(branch)];
      const isNew = !topics.some((topic) => seen.has(topic));
      for (const topic of topics) seen.add(topic);
      return isNew;
    };
    return branches.length > 1 && branches.every(isFree);
  }

  #settleBranches({ branches }: GatewayBlock): void {
    const says = (branch: Branch, test: typeof saysGoesOn): boolean =>
      test(this.#sentenceOf(branch.marker), branch.marker);
    const goesOn = branches.find((branch) => branch.blocks.length === 0 && says(branch, saysGoesOn));
    const last = branches.at(-1);
    branches.forEach((branch) => {
      const isRefused =
        branch !== last && says(branch, saysRefusal) && last !== undefined && !says(last, saysRefusal);
      if (isRefused || (goesOn !== undefined && branch !== goesOn) || says(branch, saysGoesBack))
        branch.isAside = true;
    });
  }
}

export const buildBlocks = (
  sentences: readonly LocatedSentence[],
  steps: readonly Participation[],
): readonly Block[] => {
  const bySentence = Map.groupBy(steps, (step) => step.work.sentence.index);
  const builder = new BlockBuilder(sentences);
  for (const sentence of sentences) builder.addSentence(sentence, bySentence.get(sentence.index) ?? []);
  builder.settle();
  return builder.root;
};
