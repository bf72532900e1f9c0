/** Draws a design, or an agent by itself, as an ArchiMate model with views. */
import { createHash } from 'node:crypto';
import type { ArchimateModel, OrganizationItem, PropertyDefinition } from '../language/archimate-model.ts';
import { layerOf } from '../language/concepts.ts';
import type { Layer } from '../language/concepts.ts';
import { chooseViews } from './choose-views.ts';
import { drawAgents, type Requirements } from './draw-agents.ts';
import type { DrawInput } from './draw-input.ts';
import { drawProcess } from './draw-process.ts';
import { drawSystems } from './draw-systems.ts';
import { AGENT_PROPERTY, KIND_PROPERTY, createGraph, english, toName, type Graph } from './graph.ts';
import { layOut } from './lay-out.ts';
import { toView } from './to-view.ts';

/** Ids come from the name: a later model of the same design replaces the earlier where it is imported. */
export async function drawModel(input: DrawInput): Promise<ArchimateModel> {
  const name = toName(input.name, 'Agent');
  const prefix = `id-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
  const graph = drawGraph({ ...input, name }, prefix);
  const views = [];
  for (const content of chooseViews(graph)) views.push(toView(content, await layOut(content), prefix));
  return {
    id: `${prefix}-model`,
    names: [english(name)],
    documentation: [english(SOURCES[input.processModel === null ? 'AGENT' : 'DESIGN'])],
    properties: [],
    extensions: [],
    version: null,
    metadata: null,
    elements: graph.elements,
    relationships: graph.relationships,
    organizations: [toFolders(graph, views)],
    propertyDefinitions: usedDefinitions(graph),
    viewpoints: [],
    views,
  };
}

const SOURCES = {
  DESIGN: 'Drawn by Flowgrid from a process description.',
  AGENT: 'Drawn by Flowgrid from the definition of an agent.',
} as const;

export function drawGraph(input: DrawInput, prefix: string): Graph {
  const graph = createGraph(prefix);
  const requirements: Requirements = new Map();
  const agents = drawAgents(graph, input, requirements);
  const systems = drawSystems(graph, input, agents);
  const { processModel } = input;
  if (processModel !== null) drawProcess({ graph, input, processModel, agents, systems, requirements });
  return { prefix, elements: graph.elements, relationships: graph.relationships };
}

const FOLDERS: readonly { readonly name: string; readonly layers: readonly Layer[] }[] = [
  { name: 'Business', layers: ['Business'] },
  { name: 'Application', layers: ['Application'] },
  { name: 'Technology', layers: ['Technology'] },
  { name: 'Motivation', layers: ['Motivation'] },
  { name: 'Other', layers: ['Junction'] },
];

function toFolders(graph: Graph, views: readonly { readonly id: string }[]): readonly OrganizationItem[] {
  const folder = (name: string, ids: readonly string[]): readonly OrganizationItem[] =>
    ids.length === 0
      ? []
      : [{ ...ITEM, labels: [english(name)], items: ids.map((refersTo) => ({ ...ITEM, refersTo })) }];
  const idsOf = (layers: readonly Layer[]): readonly string[] =>
    graph.elements.filter(({ type }) => layers.includes(layerOf(type))).map(({ id }) => id);
  return [
    ...FOLDERS.flatMap(({ name, layers }) => folder(name, idsOf(layers))),
    ...folder(
      'Relations',
      graph.relationships.map(({ id }) => id),
    ),
    ...folder(
      'Views',
      views.map(({ id }) => id),
    ),
  ];
}

const ITEM: OrganizationItem = { id: null, refersTo: null, labels: [], documentation: [], items: [] };

function usedDefinitions({ prefix, elements }: Graph): readonly PropertyDefinition[] {
  const used = new Set(
    elements.flatMap(({ properties }) => properties.map(({ definitionId }) => definitionId)),
  );
  return [
    { id: `${prefix}-${KIND_PROPERTY}`, name: 'Kind' },
    { id: `${prefix}-${AGENT_PROPERTY}`, name: 'Agent' },
  ]
    .filter(({ id }) => used.has(id))
    .map(({ id, name }) => ({
      id,
      names: [english(name)],
      documentation: [],
      properties: [],
      extensions: [],
      type: 'string',
    }));
}
