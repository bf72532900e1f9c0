/** A process model whose text stands further on in a longer text. */
import type { ProcessModel, Span } from '../process-model/process-model.ts';

interface Placed {
  readonly span: Span;
  readonly mentions?: readonly Span[];
}

export function shiftModel(model: ProcessModel, by: number): ProcessModel {
  return {
    revision: model.revision,
    actors: shiftAll(model.actors, by),
    activities: shiftAll(model.activities, by),
    gateways: shiftAll(model.gateways, by),
    flows: shiftAll(model.flows, by),
    ends: shiftAll(model.ends, by),
    handoffs: shiftAll(model.handoffs, by),
    dataObjects: shiftAll(model.dataObjects, by),
    systems: shiftAll(model.systems, by),
    triggers: shiftAll(model.triggers, by),
    rules: shiftAll(model.rules, by),
    exceptions: shiftAll(model.exceptions, by),
    openQuestions: shiftAll(model.openQuestions, by),
  };
}

function shiftAll<Element extends Placed>(elements: readonly Element[], by: number): readonly Element[] {
  return elements.map((element) => ({
    ...element,
    span: shift(element.span, by),
    ...(element.mentions && { mentions: element.mentions.map((span) => shift(span, by)) }),
  }));
}

/** What stands nowhere goes on standing nowhere. */
function shift({ start, end }: Span, by: number): Span {
  return end === 0 ? { start, end } : { start: start + by, end: end + by };
}
