/** Turns blocks into gateways and the flows between activities and gateways. */
import type { ProcessFlow, ProcessGateway, Span } from '../process-model.ts';
import type { Block, GatewayBlock } from './gateways.ts';

/** A loose end that waits for what comes next. */
interface LooseEnd {
  readonly sourceId: string;
  readonly condition: string | null;
  readonly span: Span | null;
}

export interface Flows {
  readonly gateways: readonly ProcessGateway[];
  readonly flows: readonly ProcessFlow[];
  /** Decisions of which only one side is told. */
  readonly oneSided: readonly { readonly span: Span; readonly condition: string }[];
}

export interface FlowStep {
  readonly id: string;
  readonly span: Span;
}

class FlowWriter {
  readonly gateways: ProcessGateway[] = [];
  readonly flows: ProcessFlow[] = [];
  readonly oneSided: { readonly span: Span; readonly condition: string }[] = [];
  readonly #steps: readonly FlowStep[];

  constructor(steps: readonly FlowStep[]) {
    this.#steps = steps;
  }

  #connect(ends: readonly LooseEnd[], target: FlowStep): void {
    for (const end of ends) {
      this.flows.push({
        id: `flow-${this.flows.length + 1}`,
        span: end.span ?? target.span,
        sourceId: end.sourceId,
        targetId: target.id,
        condition: end.condition,
        isBack: false,
      });
    }
  }

  write(blocks: readonly Block[], start: readonly LooseEnd[]): readonly LooseEnd[] {
    let ends = start;
    for (const block of blocks) {
      if (block.type === 'GATEWAY') {
        ends = this.#writeGateway(block, ends);
        continue;
      }
      const step = this.#steps[block.step];
      if (step === undefined) continue;
      this.#connect(ends, step);
      ends = [{ sourceId: step.id, condition: null, span: null }];
    }
    return ends;
  }

  #writeGateway(block: GatewayBlock, ends: readonly LooseEnd[]): readonly LooseEnd[] {
    const id = `gateway-${this.gateways.length + 1}`;
    const conditions = block.branches.flatMap((branch) =>
      branch.condition === null ? [] : [branch.condition],
    );
    this.gateways.push({ id, span: block.span, kind: block.kind, conditions, defaultFlowId: null });
    this.#connect(ends, { id, span: block.span });
    const after: LooseEnd[] = [];
    for (const branch of block.branches) {
      const inner = this.write(branch.blocks, [
        { sourceId: id, condition: branch.condition, span: branch.condition === null ? null : branch.span },
      ]);
      if (!branch.isEnd) after.push(...inner);
    }
    const [only] = block.branches;
    const isOneSided = block.branches.length === 1 && only?.condition !== null && only !== undefined;
    if (isOneSided) this.oneSided.push({ span: only.span, condition: only.condition ?? '' });
    return isOneSided ? [...after, { sourceId: id, condition: null, span: null }] : after;
  }
}

export const writeFlows = (blocks: readonly Block[], steps: readonly FlowStep[]): Flows => {
  const writer = new FlowWriter(steps);
  writer.write(blocks, []);
  return { gateways: writer.gateways, flows: writer.flows, oneSided: writer.oneSided };
};
