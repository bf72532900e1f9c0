/** Draws the process of a diagram: follows each way to the next step, over the events and joins between. */
import { TRIGGER_OF, type Diagram, type DiagramNode } from './diagram.ts';
import type {
  DrawnDeadline,
  DrawnEnd,
  DrawnException,
  DrawnProcess,
  DrawnStart,
  Step,
  Way,
} from './drawn-process.ts';
import { wordsOf } from './event-words.ts';
import { follow } from './follow-ways.ts';
import { orderSteps } from './order-steps.ts';
import { entryOf, toRawGraph, type RawGraph } from './raw-graph.ts';
import { toStep } from './to-step.ts';

export function drawProcess(diagram: Diagram): DrawnProcess {
  const graph = toRawGraph(diagram);
  const steps = new Map<string, Step>();
  for (const node of graph.nodes.values()) {
    const step = toStep(node, diagram, graph);
    if (step !== null) steps.set(node.id, step);
  }
  const { ways, ends, deadlines } = followAll(graph, steps);
  const starts = findStarts(diagram, graph, steps);
  const order = orderSteps(
    [...starts.given, ...starts.implied].flatMap(({ targetId }) => targetId ?? []),
    { steps: [...steps.values()], ways },
  );
  const borders = readBorders(graph, steps);
  return {
    title: diagram.title,
    steps: order,
    ways,
    // Where only one place can be the beginning, nothing has to be said of it; what starts it stays an open question.
    starts:
      starts.given.length === 0 && starts.implied.length === 1 ? [] : [...starts.given, ...starts.implied],
    ends,
    exceptions: borders.exceptions,
    deadlines: [...deadlines, ...borders.deadlines],
    outsiders: diagram.outsiders,
    notes: diagram.notes,
  };
}

interface Followed {
  readonly ways: readonly Way[];
  readonly ends: readonly DrawnEnd[];
  readonly deadlines: readonly DrawnDeadline[];
}

function followAll(graph: RawGraph, steps: ReadonlyMap<string, Step>): Followed {
  const ways: Way[] = [];
  const ends: DrawnEnd[] = [];
  const deadlines = new Map<string, DrawnDeadline>();
  for (const sourceId of steps.keys()) {
    const outgoing = graph.edges.get(sourceId) ?? [];
    if (outgoing.length === 0) ends.push({ name: '', sourceId, condition: null });
    for (const edge of outgoing) {
      const reached = follow(graph, steps, edge, sourceId);
      if (reached === null) continue;
      const { condition, stepId } = reached;
      if (stepId === null) ends.push({ name: reached.endName, sourceId, condition });
      else ways.push({ sourceId, targetId: stepId, condition, isDefault: edge.isDefault });
      for (const { name, timer } of stepId === null ? [] : reached.waits) {
        const deadline = { name, timer, relation: 'AFTER', stepId: stepId ?? '' } as const;
        deadlines.set(`${stepId} ${name} ${timer.value}`, deadline);
      }
    }
  }
  return { ways, ends, deadlines: [...deadlines.values()] };
}

interface Starts {
  readonly given: readonly DrawnStart[];
  /** Steps that nothing leads to: they begin with the process. */
  readonly implied: readonly DrawnStart[];
}

function findStarts(diagram: Diagram, graph: RawGraph, steps: ReadonlyMap<string, Step>): Starts {
  const isOutermost = ({ parentId }: DiagramNode): boolean => {
    const scope = parentId === null ? undefined : graph.nodes.get(parentId);
    return scope?.type !== 'SCOPE' || scope.isEventScope;
  };
  const targetOf = (id: string): string | null =>
    follow(graph, steps, { targetId: id, condition: null, isDefault: false }, null)?.stepId ?? null;
  const outermost = [...graph.nodes.values()].filter(isOutermost);
  const given = outermost.flatMap((node): DrawnStart[] => {
    if (node.type !== 'START') return [];
    const sender = diagram.messages.find(({ targetId }) => targetId === node.id)?.sender ?? null;
    const kind = sender === null ? TRIGGER_OF[node.event] : 'MESSAGE';
    return [{ name: node.name, kind, timer: node.timer, sender, targetId: targetOf(node.id) }];
  });
  const started = new Set(given.map(({ targetId }) => targetId));
  const implied = outermost.flatMap((node): DrawnStart[] => {
    if (node.type === 'START' || node.type === 'BOUNDARY' || node.type === 'END') return [];
    if (node.type === 'SCOPE' && node.isEventScope) return [];
    const entry = node.type === 'SCOPE' ? entryOf(node.id) : node.id;
    if (graph.sourcesOf.has(entry)) return [];
    const targetId = targetOf(entry);
    if (targetId === null || started.has(targetId)) return [];
    return [{ name: '', kind: 'MANUAL', timer: null, sender: null, targetId }];
  });
  return { given, implied };
}

function readBorders(
  graph: RawGraph,
  steps: ReadonlyMap<string, Step>,
): { exceptions: readonly DrawnException[]; deadlines: readonly DrawnDeadline[] } {
  const exceptions: DrawnException[] = [];
  const deadlines: DrawnDeadline[] = [];
  for (const node of graph.nodes.values()) {
    if (node.type !== 'BOUNDARY') continue;
    const stepId = steps.has(node.attachedTo) ? node.attachedTo : null;
    const { timer } = node;
    if (timer === null || stepId === null) exceptions.push({ name: wordsOf(node), stepId });
    else deadlines.push({ name: node.name, timer, relation: 'WITHIN', stepId });
  }
  return { exceptions, deadlines };
}
