/** What a design adds to an imported model, what it changes there and what it leaves, and both as one model. */
import { nameOf } from '../language/archimate-model.ts';
import type {
  ArchimateElement,
  ArchimateModel,
  ArchimateRelationship,
  Property,
} from '../language/archimate-model.ts';
import { KIND_PROPERTY } from '../drawing/graph.ts';
import { matchElements, type DeltaLink, type Match, type MatchedBy } from './match-elements.ts';
import { mergeModels } from './merge-models.ts';

export interface FieldChange {
  readonly field: 'name' | 'documentation' | 'kind';
  readonly before: string | null;
  readonly after: string;
}

export interface ElementChange {
  readonly element: ArchimateElement;
  readonly matchedBy: MatchedBy;
  readonly changes: readonly FieldChange[];
}

export interface ModelDelta {
  readonly addedElements: readonly ArchimateElement[];
  readonly changedElements: readonly ElementChange[];
  readonly unchangedElements: readonly ArchimateElement[];
  /** Elements of the imported model that the design does not speak of. */
  readonly leftElementCount: number;
  /** With their ends in the merged model. */
  readonly addedRelationships: readonly ArchimateRelationship[];
  readonly keptRelationshipCount: number;
  readonly leftRelationshipCount: number;
  readonly merged: ArchimateModel;
}

export function compareModels(
  imported: ArchimateModel,
  drawn: ArchimateModel,
  links: readonly DeltaLink[],
): ModelDelta {
  const matches = matchElements(imported, drawn, links);
  const changed = [...matches.values()].map((match) => ({ ...match, changes: changesOf(match) }));
  const idOf = (id: string): string => matches.get(id)?.imported.id ?? id;
  const known = new Set(imported.relationships.map((one) => keyOf(one, (id) => id)));
  const isKept = (one: ArchimateRelationship): boolean => known.has(keyOf(one, idOf));
  const merge = mergeModels({
    imported,
    drawn,
    matches,
    changes: new Map(
      changed.map(({ imported: element, drawn: after, changes }) => [element.id, { after, changes }]),
    ),
    isAdded: (relationship) => !isKept(relationship),
  });
  const kept = drawn.relationships.filter(isKept);
  const keptKeys = new Set(kept.map((one) => keyOf(one, idOf)));
  return {
    addedElements: merge.addedElements,
    changedElements: changed
      .filter(({ changes }) => changes.length > 0)
      .map(({ imported: element, matchedBy, changes }) => ({ element, matchedBy, changes })),
    unchangedElements: changed.filter(({ changes }) => changes.length === 0).map((match) => match.imported),
    leftElementCount: imported.elements.length - matches.size,
    addedRelationships: merge.addedRelationships,
    keptRelationshipCount: kept.length,
    leftRelationshipCount: imported.relationships.filter((one) => !keptKeys.has(keyOf(one, (id) => id)))
      .length,
    merged: merge.model,
  };
}

function keyOf({ type, sourceId, targetId }: ArchimateRelationship, idOf: (id: string) => string): string {
  return `${type} ${idOf(sourceId)} ${idOf(targetId)}`;
}

/** What people wrote in their model stays: only what is missing is filled in, and what a link says has another name. */
function changesOf({ imported, drawn, matchedBy }: Match): readonly FieldChange[] {
  const name = nameOf(drawn);
  const text = drawn.documentation[0]?.text ?? '';
  const hasText = imported.documentation.some((one) => one.text.trim() !== '');
  const kind = kindOf(drawn.properties);
  const changes: readonly (FieldChange | null)[] = [
    matchedBy === 'NAME' || name === nameOf(imported)
      ? null
      : { field: 'name', before: nameOf(imported), after: name },
    hasText || text === '' ? null : { field: 'documentation', before: null, after: text },
    kind === null || imported.properties.length > 0 ? null : { field: 'kind', before: null, after: kind },
  ];
  return changes.filter((change) => change !== null);
}

function kindOf(properties: readonly Property[]): string | null {
  return properties.find(({ definitionId }) => definitionId.endsWith(KIND_PROPERTY))?.values[0]?.text ?? null;
}
