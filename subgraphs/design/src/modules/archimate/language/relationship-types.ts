/** The relationships of ArchiMate 3.2, with the letters that stand for them in the matrix. */

const LETTERS = {
  Composition: 'c',
  Aggregation: 'g',
  Assignment: 'i',
  Realization: 'r',
  Serving: 'v',
  Access: 'a',
  Influence: 'n',
  Triggering: 't',
  Flow: 'f',
  Specialization: 's',
  Association: 'o',
} as const;

export type RelationshipType = keyof typeof LETTERS;

export const RELATIONSHIP_TYPES = Object.keys(LETTERS).filter(isRelationshipType);

/** True for own names only. */
export function isRelationshipType(name: string): name is RelationshipType {
  return Object.hasOwn(LETTERS, name);
}

export const letterOf = (type: RelationshipType): string => LETTERS[type];

export const ACCESS_TYPES = ['Access', 'Read', 'Write', 'ReadWrite'] as const;
export type AccessType = (typeof ACCESS_TYPES)[number];

export function isAccessType(name: string): name is AccessType {
  return ACCESS_TYPES.some((type) => type === name);
}
