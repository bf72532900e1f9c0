/** From the elements of a BPMN file to a diagram. */
import type { ModdleElement } from 'bpmn-moddle';
import { findKnownSystem } from '../../../process-model/analysis/system-names.ts';
import type { Diagram, DiagramActor, DiagramFlow, DiagramMessage, DiagramNode } from './diagram.ts';
import { childOf, childrenOf, idOf, lineOf, nameOf, referenceOf, typeOf } from './elements.ts';
import { readNode } from './read-node.ts';

export function readDiagram(definitions: ModdleElement): Diagram {
  const roots = childrenOf(definitions, 'rootElements');
  const processes = roots.filter((root) => typeOf(root) === 'Process');
  const collaborations = roots.filter((root) => typeOf(root) === 'Collaboration');
  const participants = collaborations.flatMap((root) => childrenOf(root, 'participants'));
  const pools = new Map(participants.map((pool) => [referenceOf(pool, 'processRef'), pool]));
  const contents = processes.map((process) => readProcess(process, pools.get(idOf(process)) ?? null));
  const nodes = contents.flatMap((content) => content.nodes);
  const outside = new Map(
    participants
      .filter((pool) => referenceOf(pool, 'processRef') === null && nameOf(pool) !== '')
      .map((pool) => [idOf(pool), toOutsider(nameOf(pool))]),
  );
  const actors = new Map<string, DiagramActor | null>([
    ...outside,
    ...participants.flatMap((pool) =>
      outside.has(idOf(pool)) ? [] : [[idOf(pool), toActor(nameOf(pool))] as const],
    ),
    ...nodes.map((node) => [node.id, node.actor] as const),
  ]);
  const messageFlows = collaborations.flatMap((root) => childrenOf(root, 'messageFlows'));
  return {
    title: [definitions, ...processes, ...participants].map(nameOf).find(Boolean) ?? '',
    nodes,
    flows: contents.flatMap((content) => content.flows),
    messages: messageFlows.map((flow) => readMessage(flow, { nodes, actors })),
    outsiders: [...outside.values()],
    notes: [...collaborations, ...processes].flatMap(readNotes),
  };
}

export function toActor(name: string): DiagramActor | null {
  if (name === '') return null;
  return { name, kind: findKnownSystem(name) === null ? 'ROLE' : 'SYSTEM' };
}

function toOutsider(name: string): DiagramActor {
  return { name, kind: findKnownSystem(name) === null ? 'EXTERNAL' : 'SYSTEM' };
}

interface Content {
  readonly nodes: readonly DiagramNode[];
  readonly flows: readonly DiagramFlow[];
}

function readProcess(process: ModdleElement, pool: ModdleElement | null): Content {
  const lanes = readLanes(process);
  const poolActor = pool === null ? null : toActor(nameOf(pool));
  const nodes: DiagramNode[] = [];
  const flows: DiagramFlow[] = [];
  const open = [{ scope: process, parentId: null as string | null, actor: poolActor }];
  for (let level = open.shift(); level !== undefined; level = open.shift()) {
    for (const element of childrenOf(level.scope, 'flowElements')) {
      if (typeOf(element) === 'SequenceFlow') {
        flows.push(...readFlow(element));
        continue;
      }
      const actor = lanes.get(idOf(element)) ?? level.actor;
      const node = readNode(element, { actor, parentId: level.parentId });
      if (node === null) continue;
      nodes.push(node);
      if (node.type === 'SCOPE') open.push({ scope: element, parentId: node.id, actor });
    }
  }
  return { nodes, flows };
}

/** The innermost named lane of each node. */
function readLanes(process: ModdleElement): ReadonlyMap<string, DiagramActor> {
  const actors = new Map<string, DiagramActor>();
  const open = childrenOf(process, 'laneSets').flatMap((set) => childrenOf(set, 'lanes'));
  // Inner lanes come after the outer ones, and say more.
  for (let lane = open.shift(); lane !== undefined; lane = open.shift()) {
    const actor = toActor(nameOf(lane));
    for (const node of childrenOf(lane, 'flowNodeRef')) if (actor !== null) actors.set(idOf(node), actor);
    const inner = childOf(lane, 'childLaneSet');
    if (inner !== null) open.push(...childrenOf(inner, 'lanes'));
  }
  return actors;
}

function readFlow(flow: ModdleElement): readonly DiagramFlow[] {
  const sourceId = referenceOf(flow, 'sourceRef');
  const targetId = referenceOf(flow, 'targetRef');
  if (sourceId === null || targetId === null) return [];
  const condition = nameOf(flow) || lineOf(childOf(flow, 'conditionExpression'), 'body') || null;
  return [{ id: idOf(flow), sourceId, targetId, condition }];
}

function readMessage(
  flow: ModdleElement,
  { nodes, actors }: { nodes: readonly DiagramNode[]; actors: ReadonlyMap<string, DiagramActor | null> },
): DiagramMessage {
  const ids = new Set(nodes.map(({ id }) => id));
  const source = referenceOf(flow, 'sourceRef') ?? '';
  const target = referenceOf(flow, 'targetRef') ?? '';
  return {
    name: nameOf(flow),
    sourceId: ids.has(source) ? source : null,
    targetId: ids.has(target) ? target : null,
    sender: actors.get(source) ?? null,
    recipient: actors.get(target) ?? null,
  };
}

function readNotes(root: ModdleElement): readonly string[] {
  return childrenOf(root, 'artifacts')
    .filter((artifact) => typeOf(artifact) === 'TextAnnotation')
    .map((annotation) => lineOf(annotation, 'text'))
    .filter((text) => text !== '');
}
