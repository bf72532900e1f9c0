/** Which nodes are steps: work, messages, and gateways at which a way is chosen or ways begin. */
import type { Diagram, DiagramNode } from './diagram.ts';
import type { ActivityStep, Step } from './drawn-process.ts';
import type { RawGraph } from './raw-graph.ts';

/** Null for what is only passed: events that no work is in, and joins. */
export function toStep(node: DiagramNode, diagram: Diagram, graph: RawGraph): Step | null {
  switch (node.type) {
    case 'TASK': {
      const { kind, inputs, outputs } = node;
      return { ...factsOf(node, diagram, graph), name: node.name || 'Unnamed step', kind, inputs, outputs };
    }
    case 'GATEWAY': {
      if ((graph.edges.get(node.id)?.length ?? 0) < 2) return null;
      return { type: 'GATEWAY', id: node.id, name: node.name, kind: node.kind };
    }
    case 'THROW':
    case 'END':
      if (node.event !== 'MESSAGE') return null;
      return messageStep(node, 'SEND', `Send ${node.name || 'a message'}`, { diagram, graph });
    case 'CATCH':
      if (node.event !== 'MESSAGE' || isWaitedFor(node, graph)) return null;
      return messageStep(node, 'RECEIVE', `Receive ${node.name || 'a message'}`, { diagram, graph });
    case 'START':
    case 'BOUNDARY':
    case 'SCOPE':
      return null;
    default:
      return node satisfies never;
  }
}

/** One of the events that a gateway waits for: it is a condition there. */
function isWaitedFor({ id }: DiagramNode, graph: RawGraph): boolean {
  const sources = graph.sourcesOf.get(id) ?? [];
  return (
    sources.length > 0 &&
    sources.every((source) => {
      const node = graph.nodes.get(source);
      return node?.type === 'GATEWAY' && node.isEventBased;
    })
  );
}

function messageStep(
  node: DiagramNode,
  kind: 'SEND' | 'RECEIVE',
  name: string,
  { diagram, graph }: { diagram: Diagram; graph: RawGraph },
): ActivityStep {
  // `Invoice sent` is what has happened then; who sends it does `Send invoice`.
  const words = name.replace(/ (?:sent|received)$/i, '');
  return { ...factsOf(node, diagram, graph), name: words, kind, inputs: [], outputs: [] };
}

function factsOf(
  node: DiagramNode,
  { messages }: Diagram,
  graph: RawGraph,
): Omit<ActivityStep, 'name' | 'kind' | 'inputs' | 'outputs'> {
  const scope = node.parentId === null ? undefined : graph.nodes.get(node.parentId);
  return {
    type: 'ACTIVITY',
    id: node.id,
    actor: node.actor,
    recipient: messages.find(({ sourceId }) => sourceId === node.id)?.recipient ?? null,
    sender: messages.find(({ targetId }) => targetId === node.id)?.sender ?? null,
    documentation: node.documentation,
    scopeName: scope?.name ?? '',
  };
}
