/** An imported model with what a design adds to it and changes in it. Everything else stays as it was. */
import { allItems, allNodes, nameOf } from '../language/archimate-model.ts';
import type {
  ArchimateElement,
  ArchimateModel,
  ArchimateRelationship,
  ArchimateView,
  OrganizationItem,
  Property,
  ViewNode,
} from '../language/archimate-model.ts';
import { english } from '../drawing/graph.ts';
import type { FieldChange } from './compare-models.ts';
import type { Match } from './match-elements.ts';

export interface MergeInput {
  readonly imported: ArchimateModel;
  readonly drawn: ArchimateModel;
  /** By the ids of drawn elements. */
  readonly matches: ReadonlyMap<string, Match>;
  /** By the ids of imported elements. */
  readonly changes: ReadonlyMap<
    string,
    { readonly after: ArchimateElement; readonly changes: readonly FieldChange[] }
  >;
  readonly isAdded: (relationship: ArchimateRelationship) => boolean;
}

export interface Merged {
  readonly model: ArchimateModel;
  readonly addedElements: readonly ArchimateElement[];
  readonly addedRelationships: readonly ArchimateRelationship[];
}

export function mergeModels({ imported, drawn, matches, changes, isAdded }: MergeInput): Merged {
  const ids = new Ids(imported);
  for (const [id, match] of matches) ids.become(id, match.imported.id);
  const definitions = mergeDefinitions(imported, drawn, ids);
  const withDefinitions = (properties: readonly Property[]): readonly Property[] =>
    properties.map((property) => ({ ...property, definitionId: ids.of(property.definitionId) }));
  const addedElements = drawn.elements
    .filter(({ id }) => !matches.has(id))
    .map((element) => ({
      ...element,
      id: ids.fresh(element.id),
      properties: withDefinitions(element.properties),
    }));
  const kept = keptRelationships(imported);
  const addedRelationships = drawn.relationships.flatMap((relationship) => {
    const { id, sourceId, targetId } = relationship;
    const ends = { sourceId: ids.of(sourceId), targetId: ids.of(targetId) };
    if (isAdded(relationship)) return [{ ...relationship, id: ids.fresh(id), ...ends }];
    ids.become(id, kept(relationship.type, ends.sourceId, ends.targetId) ?? id);
    return [];
  });
  const views = drawn.views.map((view) => renamed(view, ids));
  const model = {
    ...imported,
    elements: [
      ...imported.elements.map((element) => applied(element, changes.get(element.id), withDefinitions)),
      ...addedElements,
    ],
    relationships: [...imported.relationships, ...addedRelationships],
    propertyDefinitions: [...imported.propertyDefinitions, ...definitions],
    organizations: addFolder(imported, nameOf(drawn), [...addedElements, ...addedRelationships, ...views]),
    views: [...imported.views, ...views],
  };
  return { model, addedElements, addedRelationships };
}

/** New ids for what is added, where the imported model has used the same: it may come from an earlier design. */
class Ids {
  readonly #used: Set<string>;
  readonly #names = new Map<string, string>();

  constructor(model: ArchimateModel) {
    const { elements, relationships, propertyDefinitions, views, organizations, viewpoints } = model;
    const documented = [model, ...elements, ...relationships, ...propertyDefinitions, ...views];
    const shown = views.flatMap(({ nodes, connections }) => [...allNodes(nodes), ...connections]);
    const items = organizations.flatMap(allItems).flatMap(({ id }) => (id === null ? [] : [id]));
    const defined = viewpoints.flatMap(({ attributes }) => attributes.map(({ value }) => value));
    this.#used = new Set([...[...documented, ...shown].map(({ id }) => id), ...items, ...defined]);
  }

  become(id: string, name: string): void {
    this.#names.set(id, name);
  }

  of(id: string): string {
    return this.#names.get(id) ?? id;
  }

  fresh(id: string): string {
    let name = id;
    for (let number = 2; this.#used.has(name); number += 1) name = `${id}_${number}`;
    this.#used.add(name);
    this.become(id, name);
    return name;
  }
}

/** A definition of the same name and type is the same. */
function mergeDefinitions(imported: ArchimateModel, drawn: ArchimateModel, ids: Ids) {
  return drawn.propertyDefinitions.flatMap((definition) => {
    const same = imported.propertyDefinitions.find(
      (one) => one.type === definition.type && nameOf(one) === nameOf(definition),
    );
    if (same === undefined) return [{ ...definition, id: ids.fresh(definition.id) }];
    ids.become(definition.id, same.id);
    return [];
  });
}

function keptRelationships(imported: ArchimateModel) {
  const known = new Map(
    imported.relationships.map(({ id, type, sourceId, targetId }) => [`${type} ${sourceId} ${targetId}`, id]),
  );
  return (type: string, sourceId: string, targetId: string): string | undefined =>
    known.get(`${type} ${sourceId} ${targetId}`);
}

function applied(
  element: ArchimateElement,
  change: { readonly after: ArchimateElement; readonly changes: readonly FieldChange[] } | undefined,
  withDefinitions: (properties: readonly Property[]) => readonly Property[],
): ArchimateElement {
  if (change === undefined) return element;
  const fields = new Set(change.changes.map(({ field }) => field));
  const { after } = change;
  return {
    ...element,
    ...(fields.has('name') && { names: after.names }),
    ...(fields.has('documentation') && { documentation: after.documentation }),
    ...(fields.has('kind') && { properties: withDefinitions(after.properties) }),
  };
}

function renamed(view: ArchimateView, ids: Ids): ArchimateView {
  const renameNode = (node: ViewNode): ViewNode => ({
    ...node,
    id: ids.fresh(node.id),
    conceptId: node.conceptId === null ? null : ids.of(node.conceptId),
    nodes: node.nodes.map(renameNode),
  });
  const id = ids.fresh(view.id);
  const nodes = view.nodes.map(renameNode);
  return {
    ...view,
    id,
    nodes,
    connections: view.connections.map((connection) => ({
      ...connection,
      id: ids.fresh(connection.id),
      relationshipId: connection.relationshipId === null ? null : ids.of(connection.relationshipId),
      sourceId: connection.sourceId === null ? null : ids.of(connection.sourceId),
      targetId: connection.targetId === null ? null : ids.of(connection.targetId),
    })),
  };
}

/** What is added lies in a folder of its own, so that its owner finds it. */
function addFolder(
  { organizations }: ArchimateModel,
  name: string,
  added: readonly { readonly id: string }[],
): ArchimateModel['organizations'] {
  const item: OrganizationItem = { id: null, refersTo: null, labels: [], documentation: [], items: [] };
  const items = added.map(({ id }) => ({ ...item, refersTo: id }));
  if (items.length === 0) return organizations;
  const [first = [], ...others] = organizations;
  return [[...first, { ...item, labels: [english(`Flowgrid: ${name}`)], items }], ...others];
}
