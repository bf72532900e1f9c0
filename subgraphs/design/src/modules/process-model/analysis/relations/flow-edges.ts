/** Which mention comes after which, read off the blocks. */
import { isOneSided } from './blocks.ts';
import type { Block, Branch, GatewayBlock } from './blocks.ts';
import { isRefusal } from './flow-words.ts';
import type { LocatedMention } from './located.ts';

export interface FlowEdges {
  readonly flows: readonly (readonly [LocatedMention, LocatedMention])[];
  /** Markers that open branches of one gateway. */
  readonly same: readonly (readonly [LocatedMention, LocatedMention])[];
}

const lastStepRefuses = (branch: Branch): boolean => {
  const last = branch.blocks.at(-1);
  return last?.type === 'STEP' && isRefusal(last.step);
};

/** Of several ways, those on which a case is refused end there. */
export const endsCase = (gateway: GatewayBlock, branch: Branch): boolean =>
  (!gateway.joinsAll && branch.isEnd) ||
  branch.isAside ||
  (!gateway.isConditional &&
    gateway.kind === 'XOR' &&
    lastStepRefuses(branch) &&
    gateway.branches.some((other) => !lastStepRefuses(other)));

export const readEdges = (blocks: readonly Block[]): FlowEdges => {
  const flows: (readonly [LocatedMention, LocatedMention])[] = [];
  const same: (readonly [LocatedMention, LocatedMention])[] = [];
  const connect = (ends: readonly LocatedMention[], target: LocatedMention): void => {
    for (const end of ends) flows.push([end, target]);
  };
  const readAll = (inner: readonly Block[], start: readonly LocatedMention[]): readonly LocatedMention[] => {
    let ends = start;
    for (const block of inner) {
      if (block.type === 'GATEWAY') {
        ends = readGateway(block, ends);
        continue;
      }
      connect(ends, block.step.work.mention);
      ends = [block.step.work.mention];
    }
    return ends;
  };
  const readGateway = (gateway: GatewayBlock, ends: readonly LocatedMention[]): readonly LocatedMention[] => {
    connect(ends, gateway.marker);
    const after: LocatedMention[] = [];
    gateway.branches.forEach((branch, index) => {
      const previous = gateway.branches[index - 1];
      if (previous !== undefined && previous.marker !== branch.marker)
        same.push([previous.marker, branch.marker]);
      if (branch.condition !== null) flows.push([branch.marker, branch.condition]);
      const inner = readAll(branch.blocks, [branch.condition ?? branch.marker]);
      if (!endsCase(gateway, branch)) after.push(...inner);
    });
    return isOneSided(gateway) ? [...after, gateway.marker] : after;
  };
  readAll(blocks, []);
  return { flows, same };
};
