/** Whether a relationship may be between what it joins. */
import { allowedRelationships, isAllowed } from '../language/relationship-matrix.ts';
import type { Concept } from '../language/relationship-matrix.ts';
import type { FindingList } from './finding-list.ts';
import type { Concepts, RelationshipEnds } from './validate-model.ts';

export function checkRelationship(
  relationship: RelationshipEnds,
  concepts: Concepts,
  findings: FindingList,
): void {
  const { id, type, sourceId, targetId } = relationship;
  const source = concepts.get(sourceId);
  const target = concepts.get(targetId);
  if (source === undefined || target === undefined) {
    const end = source === undefined ? 'source' : 'target';
    const missing = source === undefined ? sourceId : targetId;
    findings.add({
      severity: 'ERROR',
      code: 'DANGLING_RELATIONSHIP',
      elementId: id,
      elementName: type,
      rule: 'A relationship joins two concepts of the model.',
      message:
        missing === ''
          ? `This ${type} has no ${end}.`
          : `The ${end} of this ${type}, "${missing.slice(0, 100)}", is not in the file.`,
      mend: `Correct the ${end}, or remove the relationship.`,
    });
    return;
  }
  if (isAllowed(source.concept, type, target.concept)) return;
  findings.add({
    severity: 'WARNING',
    code: 'RELATIONSHIP_NOT_ALLOWED',
    elementId: id,
    elementName: `${source.name} → ${target.name}`.slice(0, 300),
    rule: 'Relationships are as the matrix of ArchiMate 3.2 allows.',
    message: `${type} is not allowed from ${source.concept} to ${target.concept}.`,
    mend: mendFor(source.concept, type, target.concept),
  });
}

function mendFor(source: Concept, type: RelationshipEnds['type'], target: Concept): string {
  const allowed = allowedRelationships(source, target);
  const parts = [
    ...(source !== target && isAllowed(target, type, source)
      ? [`Turn it round: ${type} is allowed from ${target} to ${source}.`]
      : []),
    allowed.length === 0
      ? `No relationship is allowed from ${source} to ${target}.`
      : `Allowed from ${source} to ${target}: ${allowed.join(', ')}.`,
  ];
  return parts.join(' ');
}
