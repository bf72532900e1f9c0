/** A view of a drawn model, from its contents and their places. */
import type { ArchimateView, ViewConnection, ViewNode } from '../language/archimate-model.ts';
import type { ViewContent } from './choose-views.ts';
import { english } from './graph.ts';
import type { Layout } from './lay-out.ts';

export function toView(content: ViewContent, layout: Layout, prefix: string): ArchimateView {
  const id = `${prefix}-view-${content.key}`;
  const nodeId = (elementId: string): string => `${id}-${elementId.slice(prefix.length + 1)}`;
  const children = Map.groupBy(content.elements, (element) => parentOf(content, element.id));
  const toNodes = (parent: string | null): readonly ViewNode[] =>
    (children.get(parent) ?? []).flatMap((element) => {
      const box = layout.boxes.get(element.id);
      if (box === undefined) return [];
      return [
        {
          ...BARE,
          id: nodeId(element.id),
          type: 'Element',
          conceptId: element.id,
          xpathPart: null,
          ...box,
          nodes: toNodes(element.id),
        },
      ];
    });
  return {
    id,
    names: [english(content.name)],
    documentation: [],
    properties: [],
    extensions: [],
    viewpoint: content.viewpoint,
    viewpointId: null,
    nodes: toNodes(null),
    connections: content.relationships.map((relationship): ViewConnection => {
      const points = layout.lines.get(relationship.id) ?? [];
      return {
        ...BARE,
        id: nodeId(relationship.id),
        type: 'Relationship',
        relationshipId: relationship.id,
        sourceId: nodeId(relationship.sourceId),
        targetId: nodeId(relationship.targetId),
        sourceAttachment: points[0] ?? null,
        bendpoints: points.slice(1, -1),
        targetAttachment: points.length > 1 ? (points.at(-1) ?? null) : null,
      };
    }),
  };
}

const BARE = { labels: [], documentation: [], style: null, viewIds: [] } as const;

/** Groups are not shown: what stands in one lies in whatever that lies in. */
function parentOf({ parents, groups }: ViewContent, id: string): string | null {
  let parent = parents.get(id) ?? null;
  for (let group = groupOf(groups, parent); group !== undefined; group = groupOf(groups, parent)) {
    parent = group.parentId;
  }
  return parent;
}

const groupOf = (
  groups: ViewContent['groups'],
  id: string | null,
): ViewContent['groups'][number] | undefined => groups.find((group) => group.id === id);
