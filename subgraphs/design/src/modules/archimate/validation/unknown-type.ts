/** Findings about types that ArchiMate does not have. */
import { nameOf } from '../language/archimate-model.ts';
import type { ArchimateElement } from '../language/archimate-model.ts';
import { RELATIONSHIP_TYPES } from '../language/relationship-types.ts';
import type { ArchimateFinding } from './finding.ts';

type Named = Pick<ArchimateElement, 'id' | 'names'>;

export function unknownElementType(element: Named, type: string): ArchimateFinding {
  return {
    severity: 'ERROR',
    code: 'UNKNOWN_ELEMENT_TYPE',
    elementId: element.id,
    elementName: nameOf(element),
    rule: 'The type of an element is one of the 60 of ArchiMate 3.2, or AndJunction or OrJunction.',
    message:
      type === '' ? 'The element has no type.' : `"${type.slice(0, 100)}" is no type of ArchiMate 3.2.`,
    mend: 'Give it one of those types; older names were changed in version 3: InfrastructureService is TechnologyService.',
  };
}

export function unknownRelationshipType(relationship: Named, type: string): ArchimateFinding {
  return {
    severity: 'ERROR',
    code: 'UNKNOWN_RELATIONSHIP_TYPE',
    elementId: relationship.id,
    elementName: nameOf(relationship),
    rule: `The type of a relationship is one of ${RELATIONSHIP_TYPES.join(', ')}.`,
    message:
      type === ''
        ? 'The relationship has no type.'
        : `"${type.slice(0, 100)}" is no relationship of ArchiMate 3.2.`,
    mend: 'Give it one of those types; UsedBy of version 2 is Serving.',
  };
}
