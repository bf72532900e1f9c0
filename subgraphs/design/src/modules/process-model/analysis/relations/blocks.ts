/** The order of work as a tree: steps one after another, and gateways whose branches hold steps and gateways themselves. */
import type { LocatedMention } from './located.ts';
import type { Participation } from './participation.ts';

export interface StepBlock {
  readonly type: 'STEP';
  readonly step: Participation;
}

export interface Branch {
  /** The words that open it: `if`, `otherwise`; several branches may share one `or`. */
  readonly marker: LocatedMention;
  readonly condition: LocatedMention | null;
  readonly isElse: boolean;
  readonly blocks: Block[];
  /** Said in words: the process is over behind it, so nothing follows. */
  isEnd: boolean;
  /** It seems to be over behind it, since a case is refused there, or another branch is the one that goes on. */
  isAside: boolean;
}

export interface GatewayBlock {
  readonly type: 'GATEWAY';
  readonly kind: 'XOR' | 'AND' | 'OR';
  readonly marker: LocatedMention;
  /** Branches of which one is taken by its condition; others are listed: `approves or rejects`, `in parallel`. */
  readonly isConditional: boolean;
  /** `In any case, ...`: what follows is said to follow every branch. */
  joinsAll: boolean;
  /** Conditions about different things: several may hold, or none. */
  isInclusive: boolean;
  readonly branches: Branch[];
}

export type Block = StepBlock | GatewayBlock;

export const openBranch = (
  marker: LocatedMention,
  condition: LocatedMention | null = null,
  isElse = false,
): Branch => ({ marker, condition, isElse, blocks: [], isEnd: false, isAside: false });

export const gatewayBlock = (
  kind: GatewayBlock['kind'],
  isConditional: boolean,
  branches: readonly [Branch, ...Branch[]],
): GatewayBlock => ({
  type: 'GATEWAY',
  kind,
  marker: branches[0].marker,
  isConditional,
  joinsAll: false,
  isInclusive: false,
  branches: [...branches],
});

export const stepBlock = (step: Participation): StepBlock => ({ type: 'STEP', step });

/** One conditional branch and no other: what follows is also reached without it. */
export const isOneSided = (gateway: GatewayBlock): boolean =>
  gateway.isConditional &&
  gateway.branches.length === 1 &&
  gateway.branches.every((branch) => !branch.isElse);

export const holdsStep = (block: Block, step: Participation): boolean =>
  block.type === 'STEP'
    ? block.step === step
    : block.branches.some((branch) => branch.blocks.some((inner) => holdsStep(inner, step)));

export const firstStepOf = (block: Block): Participation | null => {
  if (block.type === 'STEP') return block.step;
  for (const branch of block.branches)
    for (const inner of branch.blocks) {
      const found = firstStepOf(inner);
      if (found !== null) return found;
    }
  return null;
};

/** The steps that are done last, on every way. */
export const lastStepsOf = (blocks: readonly Block[]): readonly Participation[] => {
  const last = blocks.at(-1);
  if (last === undefined) return [];
  return last.type === 'STEP' ? [last.step] : last.branches.flatMap((branch) => lastStepsOf(branch.blocks));
};
