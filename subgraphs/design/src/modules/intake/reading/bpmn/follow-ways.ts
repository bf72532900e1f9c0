/** Where a way leads: over events and joins to the next step, or to an end. */
import type { DiagramTimer } from './diagram.ts';
import type { Step } from './drawn-process.ts';
import { wordsOf } from './event-words.ts';
import type { RawEdge, RawGraph } from './raw-graph.ts';

interface Wait {
  readonly name: string;
  readonly timer: DiagramTimer;
}

export type Reached =
  | { readonly stepId: string; readonly condition: string | null; readonly waits: readonly Wait[] }
  | { readonly stepId: null; readonly condition: string | null; readonly endName: string };

/** Null for a way that goes round in circles without a step. `sourceId` is null at a start. */
export function follow(
  graph: RawGraph,
  steps: ReadonlyMap<string, Step>,
  edge: RawEdge,
  sourceId: string | null,
): Reached | null {
  const seen = new Set<string>();
  const waits: Wait[] = [];
  let condition = edge.condition ?? eventCondition(graph, edge, sourceId);
  let isFirst = condition !== null;
  for (let id = edge.targetId; !seen.has(id); isFirst = false) {
    seen.add(id);
    if (steps.has(id)) return { stepId: id, condition, waits };
    const node = graph.nodes.get(id);
    if (node?.type === 'CATCH' && node.timer !== null && !isFirst)
      waits.push({ name: node.name, timer: node.timer });
    const [next] = graph.edges.get(id) ?? [];
    if (next === undefined) return { stepId: null, condition, endName: node?.name ?? '' };
    condition ??= next.condition;
    id = next.targetId;
  }
  return null;
}

/** Behind a gateway that waits for events, the event is the condition. */
function eventCondition(graph: RawGraph, { targetId }: RawEdge, sourceId: string | null): string | null {
  const source = sourceId === null ? undefined : graph.nodes.get(sourceId);
  if (source?.type !== 'GATEWAY' || !source.isEventBased) return null;
  const target = graph.nodes.get(targetId);
  if (target?.type === 'CATCH') return wordsOf(target);
  return target?.name || null;
}
