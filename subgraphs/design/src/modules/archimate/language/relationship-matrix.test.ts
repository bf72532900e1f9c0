import { expect, test } from 'vitest';
import { ELEMENT_TYPES, isElementType, isJunction, kindOf, layerOf } from './concepts.ts';
import { LETTER_SETS, ROWS } from './matrix-data.ts';
import { allowedRelationships, isAllowed } from './relationship-matrix.ts';
import { RELATIONSHIP_TYPES, isRelationshipType } from './relationship-types.ts';

test('the language has 60 elements, two junctions and 11 relationships', () => {
  expect(ELEMENT_TYPES.filter((type) => !isJunction(type))).toHaveLength(60);
  expect(ELEMENT_TYPES.filter(isJunction)).toEqual(['AndJunction', 'OrJunction']);
  expect(RELATIONSHIP_TYPES).toHaveLength(11);
});

test('the matrix has the 11,569 triples of its source', () => {
  const letters = ROWS.flatMap((row) =>
    row.split('').map((character) => LETTER_SETS[character]?.length ?? Number.NaN),
  );

  expect(ROWS.map(({ length }) => length)).toEqual(ROWS.map(() => 62));
  expect(letters.reduce((sum, count) => sum + count, 0)).toBe(11_569);
});

test('the mapping of agents is allowed', () => {
  const triples = [
    ['ApplicationComponent', 'Assignment', 'ApplicationProcess'],
    ['ApplicationProcess', 'Realization', 'ApplicationService'],
    ['ApplicationInterface', 'Assignment', 'ApplicationService'],
    ['ApplicationComponent', 'Composition', 'ApplicationInterface'],
    ['ApplicationService', 'Serving', 'BusinessProcess'],
    ['ApplicationProcess', 'Realization', 'BusinessProcess'],
    ['BusinessActor', 'Assignment', 'BusinessRole'],
    ['BusinessRole', 'Assignment', 'BusinessProcess'],
    ['ApplicationService', 'Serving', 'BusinessRole'],
    ['DataObject', 'Realization', 'BusinessObject'],
    ['ApplicationCollaboration', 'Aggregation', 'ApplicationComponent'],
    ['ApplicationComponent', 'Realization', 'Requirement'],
    ['Artifact', 'Realization', 'ApplicationComponent'],
    ['SystemSoftware', 'Serving', 'ApplicationComponent'],
  ] as const;

  expect(triples.filter(([source, type, target]) => !isAllowed(source, type, target))).toEqual([]);
});

test('what is invalid and tempting is not allowed', () => {
  const triples = [
    ['ApplicationComponent', 'Assignment', 'BusinessProcess'],
    ['ApplicationComponent', 'Assignment', 'BusinessFunction'],
    ['ApplicationComponent', 'Assignment', 'BusinessRole'],
    ['ApplicationProcess', 'Assignment', 'BusinessProcess'],
    ['BusinessProcess', 'Serving', 'DataObject'],
    ['DataObject', 'Access', 'ApplicationProcess'],
    ['BusinessRole', 'Access', 'Requirement'],
    ['Requirement', 'Realization', 'ApplicationComponent'],
    ['ApplicationService', 'Composition', 'ApplicationComponent'],
    ['BusinessActor', 'Specialization', 'BusinessRole'],
  ] as const;

  expect(triples.filter(([source, type, target]) => isAllowed(source, type, target))).toEqual([]);
});

test('an element may be a special kind of its own type', () => {
  const without = ELEMENT_TYPES.filter((type) => !isAllowed(type, 'Specialization', type));

  expect(without).toEqual([]);
});

test('anything may be associated with anything, a relationship included', () => {
  const without = ELEMENT_TYPES.flatMap((source) =>
    ELEMENT_TYPES.filter((target) => !isAllowed(source, 'Association', target)).map((target) => [
      source,
      target,
    ]),
  );

  expect(without).toEqual([]);
  expect(allowedRelationships('Goal', 'Relationship')).toEqual(['Association']);
});

test('names that every object has are no types', () => {
  expect(['constructor', '__proto__', 'toString', ''].filter(isElementType)).toEqual([]);
  expect(['constructor', '__proto__', 'toString', ''].filter(isRelationshipType)).toEqual([]);
});

test('types know their layer and kind', () => {
  expect([layerOf('ApplicationComponent'), kindOf('ApplicationComponent')]).toEqual([
    'Application',
    'ACTIVE',
  ]);
  expect([layerOf('OrJunction'), kindOf('OrJunction')]).toEqual(['Junction', 'CONNECTOR']);
});
