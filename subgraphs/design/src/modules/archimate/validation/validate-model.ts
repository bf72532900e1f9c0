/** The rules of ArchiMate 3.2 that a schema cannot check. */
import { allItems, allNodes, nameOf } from '../language/archimate-model.ts';
import type { ArchimateElement, ArchimateModel, ArchimateRelationship } from '../language/archimate-model.ts';
import type { Concept } from '../language/relationship-matrix.ts';
import type { FindingList } from './finding-list.ts';
import { checkJunctions } from './check-junctions.ts';
import { checkRelationship } from './check-relationship.ts';
import { checkViews } from './check-views.ts';

/** Of all that is stored of a model by its identifier. */
const MAX_IDENTIFIER_LENGTH = 256;

export function validateModel(model: ArchimateModel, findings: FindingList): void {
  checkIdentifiers(model, findings);
  checkNames(model, findings);
  const concepts = conceptsOf(model);
  for (const relationship of model.relationships) checkRelationship(relationship, concepts, findings);
  checkJunctions(model, findings);
  checkViews(model, findings);
}

/** Ends of relationships by their ids. */
export type Concepts = ReadonlyMap<string, { readonly concept: Concept; readonly name: string }>;

export function conceptsOf(model: ArchimateModel): Concepts {
  const concepts = new Map<string, { concept: Concept; name: string }>();
  for (const relationship of model.relationships) {
    concepts.set(relationship.id, {
      concept: 'Relationship',
      name: nameOf(relationship) || relationship.type,
    });
  }
  for (const element of model.elements) {
    concepts.set(element.id, { concept: element.type, name: nameOf(element) });
  }
  return concepts;
}

function checkIdentifiers(model: ArchimateModel, findings: FindingList): void {
  const seen = new Set<string>();
  const told = new Set<string>();
  for (const { id, name } of identified(model)) {
    if (id.length > MAX_IDENTIFIER_LENGTH) {
      findings.add({
        severity: 'ERROR',
        code: 'LONG_IDENTIFIER',
        elementId: id.slice(0, MAX_IDENTIFIER_LENGTH),
        elementName: name,
        rule: `An identifier has at most ${MAX_IDENTIFIER_LENGTH} characters.`,
        message: `The identifier that begins with "${id.slice(0, 100)}" has ${id.length.toLocaleString('en')}.`,
        mend: 'Give it a shorter identifier, and correct what refers to it.',
      });
    }
    if (seen.has(id) && !told.has(id)) {
      told.add(id);
      findings.add({
        severity: 'ERROR',
        code: 'DUPLICATE_IDENTIFIER',
        elementId: id,
        elementName: name,
        rule: 'An identifier is used once in a file.',
        message: `The identifier "${id.slice(0, 100)}" is used more than once: what refers to it is not clear.`,
        mend: 'Give each its own identifier, and correct what refers to them.',
      });
    }
    seen.add(id);
  }
}

function* identified(model: ArchimateModel): Generator<{ id: string; name: string }> {
  const documented = [
    model,
    ...model.elements,
    ...model.relationships,
    ...model.propertyDefinitions,
    ...model.views,
  ];
  for (const one of documented) yield { id: one.id, name: nameOf(one) };
  for (const items of model.organizations) {
    for (const { id, labels } of allItems(items)) {
      if (id !== null) yield { id, name: nameOf({ names: labels }) };
    }
  }
  for (const { nodes, connections } of model.views) {
    for (const { id, labels } of [...allNodes(nodes), ...connections])
      yield { id, name: nameOf({ names: labels }) };
  }
}

function checkNames(model: ArchimateModel, findings: FindingList): void {
  const byName = Map.groupBy(
    model.elements.filter((element) => nameOf(element) !== '' && !isConnector(element)),
    (element) => `${element.type} ${nameOf(element).toLowerCase()}`,
  );
  for (const element of model.elements) {
    if (nameOf(element) === '' && !isConnector(element)) {
      findings.add({
        severity: 'WARNING',
        code: 'MISSING_NAME',
        elementId: element.id,
        elementName: null,
        rule: 'An element has a name.',
        message: `A ${element.type} has none.`,
        mend: 'Name it.',
      });
    }
  }
  for (const [first, ...others] of byName.values()) {
    if (first === undefined || others.length === 0) continue;
    findings.add({
      severity: 'INFO',
      code: 'DUPLICATE_NAME',
      elementId: first.id,
      elementName: nameOf(first),
      rule: 'Elements of one type differ by their names.',
      message: `${others.length + 1} elements of the type ${first.type} are called "${nameOf(first).slice(0, 100)}".`,
      mend: 'Merge them when they are the same, or name them apart.',
    });
  }
}

const isConnector = ({ type }: ArchimateElement): boolean => type === 'AndJunction' || type === 'OrJunction';

export type RelationshipEnds = Pick<ArchimateRelationship, 'id' | 'type' | 'sourceId' | 'targetId' | 'names'>;
