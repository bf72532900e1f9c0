/** Whether views show relationships where the model has them. */
import { allNodes, nameOf } from '../language/archimate-model.ts';
import type { ArchimateModel, ArchimateView } from '../language/archimate-model.ts';
import type { FindingList } from './finding-list.ts';

export function checkViews(model: ArchimateModel, findings: FindingList): void {
  const relationships = new Map(model.relationships.map((relationship) => [relationship.id, relationship]));
  for (const view of model.views) {
    const shown = shownConcepts(view);
    for (const { id, relationshipId, sourceId, targetId } of view.connections) {
      const relationship = relationshipId === null ? undefined : relationships.get(relationshipId);
      if (relationship === undefined || sourceId === null || targetId === null) continue;
      const isRight =
        shown.get(sourceId) === relationship.sourceId && shown.get(targetId) === relationship.targetId;
      if (isRight) continue;
      findings.add({
        severity: 'WARNING',
        code: 'VIEW_MISMATCH',
        elementId: view.id,
        elementName: nameOf(view),
        rule: 'A connection of a view joins what its relationship joins.',
        message: `The connection "${id.slice(0, 100)}" joins other elements than the ${relationship.type} that it shows.`,
        mend: 'Draw the connection again between the right elements.',
      });
    }
  }
}

/** Which concept each node and connection of a view shows. */
function shownConcepts({ nodes, connections }: ArchimateView): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  for (const { id, conceptId } of allNodes(nodes)) if (conceptId !== null) shown.set(id, conceptId);
  for (const { id, relationshipId } of connections)
    if (relationshipId !== null) shown.set(id, relationshipId);
  return shown;
}
