/** Orders the steps into blocks: plain steps, and gateways whose branches hold blocks themselves. */
import type { ProcessGateway, Span } from '../process-model.ts';
import type { Mention } from './mentions.ts';
import type { Step } from './relations.ts';
import { spanOf, toPlace, wordsAt } from './source.ts';
import type { Source } from './source.ts';

export interface Branch {
  readonly condition: string | null;
  readonly span: Span;
  readonly isElse: boolean;
  readonly blocks: Block[];
  /** The process ends here, so nothing follows this branch. */
  isEnd: boolean;
}

export interface GatewayBlock {
  readonly type: 'GATEWAY';
  readonly kind: ProcessGateway['kind'];
  readonly span: Span;
  readonly branches: Branch[];
}

export type Block = { readonly type: 'STEP'; readonly step: number } | GatewayBlock;

const ELSE_WORDS = new Set([
  'otherwise',
  'else',
  'or else',
  'in all other cases',
  'in any other case',
  'if not',
]);
const PROCESS_END =
  /\b(?:process|procedure|workflow|case|request|ticket)\b[^.;,]{0,30}?\b(?:ends?|stops|terminates|finishes|is (?:then )?(?:finished|over|terminated|considered (?:to be )?complete))\b|\b(?:ends?|terminates?|stops?) the (?:whole |entire )?(?:process|procedure|workflow)\b/iu;
const SAME_CASE = /^(?:in (?:this|that|such a) case|then|in which case)\b/iu;
const MOST_REJOINED = 3;

interface SentenceWork {
  readonly index: number;
  readonly markers: readonly Mention[];
  readonly steps: readonly { readonly step: Step; readonly number: number }[];
}

class FlowBuilder {
  readonly root: Block[] = [];
  readonly #source: Source;
  #open: GatewayBlock | null = null;

  constructor(source: Source) {
    this.#source = source;
  }

  #wordsOf(sentence: number, mention: Pick<Mention, 'first' | 'end'>): string {
    return wordsAt(this.#source, spanOf(this.#source, toPlace(sentence, mention)));
  }

  #tokens(sentence: number): readonly { readonly lower: string }[] {
    return this.#source.sentences[sentence]?.sentence.tokens ?? [];
  }

  addSentence(work: SentenceWork): void {
    const sentence = this.#source.sentences[work.index]?.sentence;
    if (sentence === undefined) return;
    const text = this.#source.text.slice(sentence.start, sentence.end);
    const continuesBranch =
      this.#open !== null &&
      SAME_CASE.test(text) &&
      work.markers.length === 0 &&
      /case/iu.test(text.slice(0, 20));
    let target: Block[] = continuesBranch ? (this.#open?.branches.at(-1)?.blocks ?? this.root) : this.root;
    let branch: Branch | null = continuesBranch ? (this.#open?.branches.at(-1) ?? null) : null;
    if (!continuesBranch && work.steps.length > 0 && !this.#opensWithBranch(work)) this.#open = null;
    const events = [
      ...work.markers.map((marker) => ({ at: marker.first, marker, entry: null })),
      ...work.steps.map((entry) => ({ at: entry.step.activity.first, marker: null, entry })),
    ].toSorted((left, right) => left.at - right.at);
    for (const { marker, entry } of events) {
      if (entry !== null) {
        target.push({ type: 'STEP', step: entry.number });
      } else if (marker !== null && marker.type !== 'CONDITION') {
        const opened = this.#addMarker(work, marker, target);
        if (opened !== null) {
          branch = opened;
          target = opened.blocks;
        }
      }
    }
    this.#joinSiblings(work, target);
    if (branch !== null && PROCESS_END.test(text)) branch.isEnd = true;
  }

  #opensWithBranch(work: SentenceWork): boolean {
    const first = work.markers[0];
    return (
      first !== undefined &&
      first.type === 'XOR_GATEWAY' &&
      this.#wordsOf(work.index, first).toLowerCase() !== 'or' &&
      first.first < (work.steps[0]?.step.activity.first ?? Infinity)
    );
  }

  #addMarker(work: SentenceWork, marker: Mention, target: Block[]): Branch | null {
    const words = this.#wordsOf(work.index, marker).toLowerCase();
    if (marker.type === 'AND_GATEWAY' || words === 'or') return null;
    if (ELSE_WORDS.has(words)) return this.#addElse(work, marker);
    return this.#addCondition(work, marker, target);
  }

  #addElse(work: SentenceWork, marker: Mention): Branch {
    const span = spanOf(this.#source, toPlace(work.index, marker));
    const gateway = this.#open ?? this.#reopen(span);
    const branch: Branch = {
      condition: wordsAt(this.#source, span).toLowerCase(),
      span,
      isElse: true,
      blocks: [],
      isEnd: false,
    };
    gateway.branches.push(branch);
    this.#open = gateway;
    return branch;
  }

  /** `If A, x. Then y. Otherwise z.`: what stood between belongs to the branch of A. */
  #reopen(span: Span): GatewayBlock {
    const at = this.root.findLastIndex((block) => block.type === 'GATEWAY' && block.kind === 'XOR');
    const found = this.root[at];
    if (
      found?.type === 'GATEWAY' &&
      this.root.length - at - 1 <= MOST_REJOINED &&
      !found.branches.some((branch) => branch.isElse)
    ) {
      found.branches.at(-1)?.blocks.push(...this.root.splice(at + 1));
      return found;
    }
    const gateway: GatewayBlock = { type: 'GATEWAY', kind: 'XOR', span, branches: [] };
    this.root.push(gateway);
    return gateway;
  }

  #addCondition(work: SentenceWork, marker: Mention, target: Block[]): Branch | null {
    const condition = work.markers.find(
      (mention) => mention.type === 'CONDITION' && mention.first === marker.end,
    );
    const cue = this.#wordsOf(work.index, marker).toLowerCase();
    const span = spanOf(this.#source, toPlace(work.index, condition ?? marker));
    const words = condition === undefined ? cue : this.#wordsOf(work.index, condition);
    const text = cue === 'unless' ? `unless ${words}` : words;
    const branch: Branch = { condition: text, span, isElse: false, blocks: [], isEnd: false };
    const hasLaterSteps = work.steps.some(
      ({ step }) =>
        step.activity.first > marker.first && !this.#isElseBetween(work, marker.first, step.activity.first),
    );
    const previousElse = this.#open?.branches.at(-1);
    if (previousElse?.isElse === true && previousElse.blocks.length === 0 && this.#open !== null) {
      this.#open.branches.splice(-1, 1, branch);
      return branch;
    }
    if (!hasLaterSteps) return this.#addTrailingCondition(work, marker, { branch, target });
    if (this.#open !== null && isAlternative(this.#open, text) && target === this.root) {
      this.#open.branches.push(branch);
      return branch;
    }
    const gateway: GatewayBlock = {
      type: 'GATEWAY',
      kind: 'XOR',
      span: spanOf(this.#source, toPlace(work.index, marker)),
      branches: [branch],
    };
    target.push(gateway);
    this.#open = gateway;
    return branch;
  }

  #isElseBetween(work: SentenceWork, from: number, to: number): boolean {
    return work.markers.some(
      (mention) =>
        mention.type === 'XOR_GATEWAY' &&
        mention.first > from &&
        mention.first < to &&
        ELSE_WORDS.has(this.#wordsOf(work.index, mention).toLowerCase()),
    );
  }

  /** `The clerk rejects the claim if it is late`: the condition governs the steps before it. */
  #addTrailingCondition(
    work: SentenceWork,
    marker: Mention,
    place: { readonly branch: Branch; readonly target: Block[] },
  ): Branch | null {
    const before = work.steps.filter(({ step }) => step.activity.first < marker.first);
    const starts = before.findLastIndex(({ step }) => !step.sharesPerformer);
    const governed = before.slice(Math.max(0, starts)).map(({ number }) => number);
    const taken = place.target
      .splice(Math.max(0, place.target.length - governed.length))
      .filter((block) => block.type === 'STEP');
    if (taken.length === 0) return null;
    place.branch.blocks.push(...taken);
    const gateway: GatewayBlock = {
      type: 'GATEWAY',
      kind: 'XOR',
      span: spanOf(this.#source, toPlace(work.index, marker)),
      branches: [place.branch],
    };
    place.target.push(gateway);
    this.#open = gateway;
    return null;
  }

  /** Choices (`approves or rejects`) and parallel work, among the steps of one sentence. */
  #joinSiblings(work: SentenceWork, target: Block[]): void {
    for (const marker of work.markers) {
      const words = this.#wordsOf(work.index, marker).toLowerCase();
      if (words === 'or') this.#joinChoice(work, marker, target);
      else if (marker.type === 'AND_GATEWAY') this.#joinParallel(work, marker, target);
    }
  }

  #joinChoice(work: SentenceWork, marker: Mention, target: Block[]): void {
    const before = work.steps.findLast(({ step }) => step.activity.first < marker.first);
    const after = work.steps.find(({ step }) => step.activity.first > marker.first);
    if (before === undefined || after === undefined) return;
    const left = target.findIndex((block) => blockHolds(block, before.number));
    const right = target.findIndex((block) => block.type === 'STEP' && block.step === after.number);
    const leftBlock = target[left];
    const rightBlock = target[right];
    if (leftBlock === undefined || rightBlock === undefined || right !== left + 1) return;
    const span = spanOf(this.#source, toPlace(work.index, marker));
    const branchOf = (block: Block): Branch => ({
      condition: null,
      span,
      isElse: false,
      blocks: [block],
      isEnd: false,
    });
    const joined =
      leftBlock.type === 'GATEWAY' && leftBlock.branches.every((branch) => branch.condition === null)
        ? leftBlock
        : null;
    const listed = this.#listedBefore(work, before.number, target, left);
    const kind = marker.type === 'OR_GATEWAY' ? 'OR' : 'XOR';
    const gateway: GatewayBlock = joined ?? {
      type: 'GATEWAY',
      kind,
      span,
      branches: [...listed, leftBlock].map(branchOf),
    };
    if (joined !== null) joined.branches.push(branchOf(rightBlock));
    else gateway.branches.push(branchOf(rightBlock));
    target.splice(left - listed.length, listed.length + 2, gateway);
  }

  /** `approves, returns or rejects`: the steps before the last two, joined by commas alone. */
  #listedBefore(
    work: SentenceWork,
    number: number,
    target: readonly Block[],
    left: number,
  ): readonly Block[] {
    const listed: Block[] = [];
    let at = work.steps.findIndex((entry) => entry.number === number);
    while (at > 0) {
      const current = work.steps[at];
      const previous = work.steps[at - 1];
      const block = target[left - listed.length - 1];
      if (
        current === undefined ||
        previous === undefined ||
        block?.type !== 'STEP' ||
        block.step !== previous.number
      )
        break;
      const words = this.#tokens(work.index).slice(previous.step.activity.end, current.step.activity.first);
      if (words.at(-1)?.lower !== ',') break;
      listed.unshift(block);
      at -= 1;
    }
    return listed;
  }

  #joinParallel(work: SentenceWork, marker: Mention, target: Block[]): void {
    const span = spanOf(this.#source, toPlace(work.index, marker));
    const numbers = new Set(work.steps.map(({ number }) => number));
    const own = target.filter((block) => block.type === 'STEP' && numbers.has(block.step));
    const isOpening = marker.first <= 1 || own.length < 2;
    const first = target.findIndex((block) => block === own[0]);
    const previous = isOpening ? target[first - 1] : undefined;
    if (first < 0 || (previous === undefined && own.length < 2)) return;
    const members = previous === undefined ? own.map((block) => [block]) : [[previous], own];
    const branches = members.map((blocks): Branch => ({
      condition: null,
      span,
      isElse: false,
      blocks: [...blocks],
      isEnd: false,
    }));
    target.splice(previous === undefined ? first : first - 1, own.length + (previous === undefined ? 0 : 1), {
      type: 'GATEWAY',
      kind: 'AND',
      span,
      branches,
    });
  }
}

const blockHolds = (block: Block, step: number): boolean =>
  block.type === 'STEP'
    ? block.step === step
    : block.branches.some((branch) => branch.blocks.some((inner) => blockHolds(inner, step)));

const subjectOf = (condition: string): string =>
  /^(?:the |a |an |this |that |his |her |their )?(.{1,60}?) (?:is|are|was|were|has|have|does|do|can|cannot)\b/iu
    .exec(condition)?.[1]
    ?.toLowerCase() ?? '';

/** Two conditions on the same subject, neither with an `otherwise` yet, are branches of one decision. */
const isAlternative = (gateway: GatewayBlock, condition: string): boolean => {
  if (gateway.kind !== 'XOR' || gateway.branches.some((branch) => branch.isElse || branch.condition === null))
    return false;
  const previous = gateway.branches.at(-1)?.condition ?? '';
  const subject = subjectOf(condition);
  return (
    subject !== '' && (subject === subjectOf(previous) || (subject === 'it' && subjectOf(previous) !== ''))
  );
};

export const buildBlocks = (source: Source, steps: readonly Step[]): readonly Block[] => {
  const builder = new FlowBuilder(source);
  source.sentences.forEach(({ mentions }, index) => {
    const own = steps.flatMap((step, number) => (step.sentence === index ? [{ step, number }] : []));
    const markers = mentions.filter((mention) =>
      ['XOR_GATEWAY', 'OR_GATEWAY', 'AND_GATEWAY', 'CONDITION'].includes(mention.type),
    );
    builder.addSentence({ index, markers, steps: own });
  });
  return builder.root.filter((block) => !isEmpty(block));
};

const isEmpty = (block: Block): boolean =>
  block.type === 'GATEWAY' && block.branches.every((branch) => branch.blocks.every(isEmpty));
