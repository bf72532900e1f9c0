/** What ArchiMate 3.2 allows between two concepts. */
import { isJunction, type ElementType } from './concepts.ts';
import { CONCEPTS, LETTER_SETS, ROWS } from './matrix-data.ts';
import { RELATIONSHIP_TYPES, letterOf, type RelationshipType } from './relationship-types.ts';

/** An end of a relationship: an element, a junction, or another relationship. */
export type Concept = ElementType | 'Relationship';

const PLACES: ReadonlyMap<string, number> = new Map(CONCEPTS.map((name, place) => [name, place]));

/** In the order in which `RELATIONSHIP_TYPES` names them. */
export function allowedRelationships(source: Concept, target: Concept): readonly RelationshipType[] {
  const letters = lettersBetween(source, target);
  return RELATIONSHIP_TYPES.filter((type) => letters.includes(letterOf(type)));
}

export function isAllowed(source: Concept, type: RelationshipType, target: Concept): boolean {
  return lettersBetween(source, target).includes(letterOf(type));
}

function lettersBetween(source: Concept, target: Concept): string {
  const row = ROWS[placeOf(source)] ?? '';
  return LETTER_SETS[row[placeOf(target)] ?? ''] ?? '';
}

/** The matrix knows one junction; whether it is an "and" or an "or" makes no difference to what it may join. */
function placeOf(concept: Concept): number {
  const name = concept !== 'Relationship' && isJunction(concept) ? 'Junction' : concept;
  return PLACES.get(name) ?? -1;
}
