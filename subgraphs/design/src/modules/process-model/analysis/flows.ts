/** Turns blocks into gateways, the flows between activities and gateways, and the places where the process is over. */
import type { ProcessEnd, ProcessFlow, ProcessGateway, Span } from '../process-model.ts';
import type { OneSided } from '../open-questions.ts';
import { branchCondition } from './branch-conditions.ts';
import type { BranchCondition } from './branch-conditions.ts';
import { isOneSided } from './relations/blocks.ts';
import type { Block, Branch, GatewayBlock } from './relations/blocks.ts';
import { endsCase } from './relations/flow-edges.ts';
import type { Participation } from './relations/participation.ts';
import type { Repetitions } from './repetitions.ts';
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
  /** Ways back of which the text does not say where they lead. */
  readonly lostBack: readonly FlowStep[];
}

export interface Order extends Repetitions {
  readonly source: Source;
  readonly steps: ReadonlyMap<Participation, FlowStep>;
}

const GATEWAY = 'gateway-';

interface Written {
  readonly ends: readonly LooseEnd[];
  /** Ways that are over, and go on only when nothing else does. */
  readonly over: readonly LooseEnd[];
}

class FlowWriter {
  readonly gateways: ProcessGateway[] = [];
  readonly flows: ProcessFlow[] = [];
  readonly oneSided: OneSided[] = [];
  /** Ways back of which the text does not say where they lead. */
  readonly lostBack: LooseEnd[] = [];
  readonly #order: Order;

  constructor(order: Order) {
    this.#order = order;
  }

  #connect(ends: readonly LooseEnd[], target: FlowStep, isBack = false): void {
    for (const end of ends) {
      const id = `flow-${this.flows.length + 1}`;
      const span = end.condition?.span ?? target.span;
      this.flows.push({
        id,
        span,
        sourceId: end.id,
        targetId: target.id,
        condition: end.condition?.words ?? null,
        isBack,
      });
      if (end.isDefault) this.#takeByDefault(end.id, id);
    }
  }

  #takeByDefault(gatewayId: string, flowId: string): void {
    const at = Number(gatewayId.slice(GATEWAY.length)) - 1;
    const gateway = this.gateways[at];
    if (gateway !== undefined)
      this.gateways[at] = { ...gateway, defaultFlowId: gateway.defaultFlowId ?? flowId };
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
      const step = this.#order.steps.get(block.step);
      if (step === undefined) continue;
      this.#connect(open, step);
      written = { ends: [{ ...step, condition: null, isDefault: false }], over: [] };
    }
    return { ends: written.ends, over: [...finished, ...written.over] };
  }

  #writeGateway(block: GatewayBlock, before: readonly LooseEnd[]): Written {
    const span = spanOf(this.#order.source, block.marker);
    const gateway: FlowStep = { id: `${GATEWAY}${this.gateways.length + 1}`, span };
    const conditions = block.branches.map((branch) => branchCondition(this.#order.source, block, branch));
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
      if (this.#leadsBack(branch, inner.ends)) return;
      (endsCase(block, branch) ? over : ends).push(...inner.ends);
    });
    this.#askOtherSide(block, gateway, conditions);
    if (isOpen) ends.push({ ...gateway, condition: null, isDefault: true });
    return { ends, over };
  }

  #leadsBack(branch: Branch, ends: readonly LooseEnd[]): boolean {
    const target = this.#order.backTo.get(branch);
    const step = target ? this.#order.steps.get(target) : undefined;
    if (target === null) this.lostBack.push(...ends);
    // A step that leads to itself would be a flow from an element to itself.
    const others = step === undefined ? [] : ends.filter((end) => end.id !== step.id);
    if (step === undefined || others.length === 0) return false;
    this.#connect(others, step, true);
    return true;
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

const isGateway = (id: string): boolean => id.startsWith(GATEWAY);

const toEnds = (source: Source, ends: readonly LooseEnd[]): readonly ProcessEnd[] =>
  ends.map(({ id, span, condition }, index) => ({
    id: `end-${index + 1}`,
    span: condition?.span ?? span,
    description: condition?.words ?? (isGateway(id) ? 'When no condition holds' : wordsAt(source, span)),
    sourceId: id,
    condition: condition?.words ?? null,
  }));

export const writeFlows = (order: Order): Flows => {
  const writer = new FlowWriter(order);
  const { ends, over } = writer.write(order.blocks, []);
  return {
    gateways: writer.gateways,
    flows: writer.flows,
    ends: toEnds(order.source, [...over, ...ends]),
    oneSided: writer.oneSided,
    lostBack: writer.lostBack.map(({ id, span, condition }) => ({ id, span: condition?.span ?? span })),
  };
};
