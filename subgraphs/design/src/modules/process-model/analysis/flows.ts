/** Turns blocks into gateways, the flows between activities and gateways, and the places where the process is over. */
import type { ProcessEnd, ProcessFlow, ProcessGateway, Span } from '../process-model.ts';
import type { OneSided } from '../open-questions.ts';
import { branchCondition } from './branch-conditions.ts';
import type { BranchCondition } from './branch-conditions.ts';
import { isOneSided } from './relations/blocks.ts';
import type { Block, GatewayBlock } from './relations/blocks.ts';
import { endsCase } from './relations/flow-edges.ts';
import type { Participation } from './relations/participation.ts';
import { spanOf, wordsAt } from './source.ts';
import type { Source } from './source.ts';

export interface FlowStep {
  readonly id: string;
  readonly span: Span;
}

/** A way out of something, which waits for what comes next. */
interface LooseEnd extends FlowStep {
  readonly condition: BranchCondition | null;
  /** The way that is taken when no condition holds. */
  readonly isDefault: boolean;
}

export interface Flows {
  readonly gateways: readonly ProcessGateway[];
  readonly flows: readonly ProcessFlow[];
  readonly ends: readonly ProcessEnd[];
  /** Decisions of which only one side is told. */
  readonly oneSided: readonly OneSided[];
}

interface Written {
  readonly ends: readonly LooseEnd[];
  /** Ways that are over, and go on only when nothing else does. */
  readonly over: readonly LooseEnd[];
}

class FlowWriter {
  readonly gateways: ProcessGateway[] = [];
  readonly flows: ProcessFlow[] = [];
  readonly oneSided: OneSided[] = [];
  readonly over: LooseEnd[] = [];
  readonly #source: Source;
  readonly #steps: ReadonlyMap<Participation, FlowStep>;

  constructor(source: Source, steps: ReadonlyMap<Participation, FlowStep>) {
    this.#source = source;
    this.#steps = steps;
  }

  #connect(ends: readonly LooseEnd[], target: FlowStep): void {
    for (const end of ends) {
      const id = `flow-${this.flows.length + 1}`;
      const span = end.condition?.span ?? target.span;
      this.flows.push({
        id,
        span,
        sourceId: end.id,
        targetId: target.id,
        condition: end.condition?.words ?? null,
        isBack: false,
      });
      const at = end.isDefault ? this.gateways.findIndex((gateway) => gateway.id === end.id) : -1;
      const gateway = this.gateways[at];
      if (gateway !== undefined)
        this.gateways[at] = { ...gateway, defaultFlowId: gateway.defaultFlowId ?? id };
    }
  }

  write(blocks: readonly Block[], start: readonly LooseEnd[]): Written {
    let written: Written = { ends: start, over: [] };
    const finished: LooseEnd[] = [];
    for (const block of blocks) {
      // The text goes on although each way seemed to end: then they did not.
      const open = written.ends.length > 0 ? written.ends : written.over;
      if (written.ends.length > 0) finished.push(...written.over);
      if (block.type === 'GATEWAY') {
        written = this.#writeGateway(block, open);
        continue;
      }
      const step = this.#steps.get(block.step);
      if (step === undefined) continue;
      this.#connect(open, step);
      written = { ends: [{ ...step, condition: null, isDefault: false }], over: [] };
    }
    return { ends: written.ends, over: [...finished, ...written.over] };
  }

  #writeGateway(block: GatewayBlock, before: readonly LooseEnd[]): Written {
    const span = spanOf(this.#source, block.marker);
    const gateway: FlowStep = { id: `gateway-${this.gateways.length + 1}`, span };
    const conditions = block.branches.map((branch) => branchCondition(this.#source, block, branch));
    const isOpen = isOneSided(block) || block.isInclusive;
    this.gateways.push({
      ...gateway,
      kind: block.isInclusive ? 'OR' : block.kind,
      conditions: conditions.flatMap((condition) => condition?.words ?? []),
      defaultFlowId: null,
    });
    this.#connect(before, gateway);
    const ends: LooseEnd[] = [];
    const over: LooseEnd[] = [];
    block.branches.forEach((branch, index) => {
      const condition = conditions[index] ?? null;
      const inner = this.write(branch.blocks, [{ ...gateway, condition, isDefault: branch.isElse }]);
      over.push(...inner.over);
      (endsCase(block, branch) ? over : ends).push(...inner.ends);
    });
    this.#askOtherSide(block, gateway, conditions);
    if (isOpen) ends.push({ ...gateway, condition: null, isDefault: true });
    return { ends, over };
  }

  #askOtherSide(
    block: GatewayBlock,
    gateway: FlowStep,
    conditions: readonly (BranchCondition | null)[],
  ): void {
    const [condition] = conditions;
    if (!block.isConditional || block.branches.length !== 1 || !condition) return;
    this.oneSided.push({ span: condition.span, condition: condition.words, gatewayId: gateway.id });
  }
}

const toEnds = (source: Source, ends: readonly LooseEnd[]): readonly ProcessEnd[] =>
  ends.map(({ id, span, condition }, index) => ({
    id: `end-${index + 1}`,
    span: condition?.span ?? span,
    description: condition?.words ?? wordsAt(source, span),
    sourceId: id,
    condition: condition?.words ?? null,
  }));

export const writeFlows = (
  source: Source,
  blocks: readonly Block[],
  steps: ReadonlyMap<Participation, FlowStep>,
): Flows => {
  const writer = new FlowWriter(source, steps);
  const { ends, over } = writer.write(blocks, []);
  const all = [...over, ...ends];
  return {
    gateways: writer.gateways,
    flows: writer.flows,
    ends: toEnds(source, all),
    oneSided: writer.oneSided,
  };
};
