/** Steps that one sentence lists: choices (`approves or rejects`) and parallel work. */
import { firstStepOf, gatewayBlock, holdsStep, openBranch } from './blocks.ts';
import type { Block, Branch } from './blocks.ts';
import { isChoiceMarker, isSideBySide } from './flow-words.ts';
import { wordsBetween } from './located.ts';
import type { LocatedMention } from './located.ts';
import type { Participation } from './participation.ts';
import type { SentenceWork } from './sentence-work.ts';

/** `approves, returns or rejects`: the steps before the last two, joined by commas alone. */
const listedBefore = (
  work: SentenceWork,
  step: Participation,
  blocks: readonly Block[],
): readonly Block[] => {
  const listed: Block[] = [];
  let at = work.steps.indexOf(step);
  let place = blocks.findIndex((block) => block.type === 'STEP' && block.step === step);
  for (; at > 0; at -= 1, place -= 1) {
    const current = work.steps[at];
    const previous = work.steps[at - 1];
    const block = blocks[place - 1];
    const isBlock = block?.type === 'STEP' && block.step === previous;
    if (current === undefined || previous === undefined || !isBlock) break;
    const words = wordsBetween(work.sentence, previous.work.mention.end, current.work.mention.first);
    if (words.at(-1) !== ',') break;
    listed.unshift(block);
  }
  return listed;
};

const joinChoice = (work: SentenceWork, marker: LocatedMention, blocks: Block[]): void => {
  const before = work.steps.findLast((step) => step.work.mention.first < marker.first);
  const after = work.steps.find((step) => step.work.mention.first > marker.first);
  if (before === undefined || after === undefined) return;
  const left = blocks.findIndex((block) => holdsStep(block, before));
  const right = blocks.findIndex((block) => block.type === 'STEP' && block.step === after);
  const leftBlock = blocks[left];
  const rightBlock = blocks[right];
  if (leftBlock === undefined || rightBlock === undefined || right !== left + 1) return;
  if (leftBlock.type === 'GATEWAY' && !leftBlock.isConditional) {
    leftBlock.branches.push({ ...openBranch(marker), blocks: [rightBlock] });
    blocks.splice(right, 1);
    return;
  }
  const listed = listedBefore(work, before, blocks);
  const kind = marker.type === 'OR_GATEWAY' ? 'OR' : 'XOR';
  const branchOf = (block: Block): Branch => ({ ...openBranch(marker), blocks: [block] });
  const others = [...listed.slice(1), ...(listed.length === 0 ? [] : [leftBlock]), rightBlock];
  const gateway = gatewayBlock(kind, false, [branchOf(listed[0] ?? leftBlock), ...others.map(branchOf)]);
  blocks.splice(left - listed.length, listed.length + 2, gateway);
};

const isRelative = (step: Participation): boolean =>
  step.performers.some((actor) => actor.sentence === step.work.sentence.index && isWho(step, actor));
const isWho = ({ work }: Participation, actor: LocatedMention): boolean =>
  ['who', 'which', 'that'].includes(wordsBetween(work.sentence, actor.first, actor.end).join(' '));

/** Steps of one sentence, apart where another subject begins or the marker stands. */
const groupsOf = (blocks: readonly Block[], marker: LocatedMention): readonly (readonly Block[])[] => {
  const groups: Block[][] = [];
  let isBefore = true;
  for (const block of blocks) {
    const step = firstStepOf(block);
    const last = groups.at(-1);
    const crosses = isBefore && step !== null && step.work.mention.first > marker.first;
    if (crosses) isBefore = false;
    const isSame =
      step !== null && (step.work.isJoined || isRelative(step)) && !(crosses && marker.first > 1);
    if (last === undefined || !isSame) groups.push([block]);
    else last.push(block);
  }
  return groups;
};

const doerOf = (block: Block | undefined): LocatedMention | null => {
  const step = block === undefined ? null : firstStepOf(block);
  return step === null ? null : (step.performers[0] ?? step.carried[0] ?? null);
};

/** What the same actor did right before: the work that goes on side by side with what is told next. */
const runBefore = (blocks: readonly Block[], end: number): readonly Block[] => {
  const doer = doerOf(blocks[end - 1]);
  const other = blocks.slice(0, end).findLastIndex((block) => doer === null || doerOf(block) !== doer);
  return blocks.slice(Math.min(other + 1, Math.max(0, end - 1)), end);
};

const joinParallel = (work: SentenceWork, marker: LocatedMention, blocks: Block[]): void => {
  const own = blocks.filter((block) => work.steps.some((step) => holdsStep(block, step)));
  const first = blocks.findIndex((block) => block === own[0]);
  if (first < 0) return;
  const groups = groupsOf(own, marker);
  const isOpening = marker.first <= 1 && isSideBySide(work.sentence, marker);
  const before = isOpening || groups.length < 2 ? runBefore(blocks, first) : [];
  if (before.length === 0 && groups.length < 2) return;
  const [opening = [], ...others] = before.length === 0 ? groups : [before, own];
  const branchOf = (members: readonly Block[]): Branch => ({ ...openBranch(marker), blocks: [...members] });
  const gateway = gatewayBlock('AND', false, [branchOf(opening), ...others.map(branchOf)]);
  blocks.splice(first - before.length, before.length + own.length, gateway);
};

export const joinListed = (work: SentenceWork, blocks: Block[]): void => {
  for (const marker of work.markers) {
    if (marker.type === 'AND_GATEWAY') joinParallel(work, marker, blocks);
    else if (isChoiceMarker(work.sentence, marker)) joinChoice(work, marker, blocks);
  }
};
