/**
 * Makes a model that was read whole in itself: what refers to nothing is mended, and told. After it every reference of a
 * model without errors leads somewhere, so that what is written of it is valid and reads the same.
 */
import { allNodes } from '../language/archimate-model.ts';
import type { ArchimateModel, OrganizationItem, PropertyDefinition } from '../language/archimate-model.ts';
import { attributeOf } from '../xml/xml-element.ts';
import { closeView } from './close-view.ts';
import type { FindingList } from './finding-list.ts';

export function closeModel(model: ArchimateModel, findings: FindingList): ArchimateModel {
  const elementIds = new Set(model.elements.map(({ id }) => id));
  const relationshipIds = new Set(model.relationships.map(({ id }) => id));
  const viewIds = new Set(model.views.map(({ id }) => id));
  const viewpointIds = new Set(model.viewpoints.flatMap((one) => attributeOf(one, 'identifier') ?? []));
  const known = { elementIds, relationshipIds, viewIds, viewpointIds };
  const named = {
    ...model,
    names: model.names.length === 0 ? UNNAMED : model.names,
    elements: model.elements.map((element) =>
      element.names.length === 0 ? { ...element, names: UNNAMED } : element,
    ),
    views: model.views.map((view) =>
      closeView({ ...view, names: view.names.length === 0 ? UNNAMED : view.names }, known, findings),
    ),
  };
  const targets = new Set([...elementIds, ...relationshipIds, ...viewIds, ...viewpointIds, model.id]);
  for (const { id } of model.propertyDefinitions) targets.add(id);
  for (const { nodes, connections } of named.views) {
    for (const { id } of [...allNodes(nodes), ...connections]) targets.add(id);
  }
  return {
    ...named,
    propertyDefinitions: defineProperties(model, findings),
    organizations: model.organizations
      .map((items) => closeItems(items, targets, findings))
      .filter((items) => items.length > 0),
  };
}

/** The format demands a name; that there is none is a finding of its own. */
const UNNAMED = [{ language: null, text: '' }] as const;

/** Properties without a definition get one that is called like their reference. */
function defineProperties(model: ArchimateModel, findings: FindingList): readonly PropertyDefinition[] {
  const defined = new Set(model.propertyDefinitions.map(({ id }) => id));
  const added = new Map<string, PropertyDefinition>();
  const holders = [model, ...model.elements, ...model.relationships, ...model.views];
  for (const { id: holderId, names, properties } of holders) {
    for (const { definitionId: id } of properties) {
      if (defined.has(id) || added.has(id)) continue;
      const definition = {
        id,
        names: [{ language: null, text: id }],
        documentation: [],
        properties: [],
        extensions: [],
      };
      added.set(id, { ...definition, type: 'string' });
      findings.add({
        severity: 'WARNING',
        code: 'UNDEFINED_PROPERTY',
        elementId: holderId,
        elementName: names[0]?.text ?? null,
        rule: 'A property refers to a definition in <propertyDefinitions>.',
        message: `The property definition "${id.slice(0, 100)}" is not in the file.`,
        mend: 'It was added, as text that is called like the reference.',
      });
    }
  }
  return [
    ...model.propertyDefinitions.map((one) => (one.names.length === 0 ? { ...one, names: UNNAMED } : one)),
    ...added.values(),
  ];
}

function closeItems(
  items: readonly OrganizationItem[],
  targets: ReadonlySet<string>,
  findings: FindingList,
): readonly OrganizationItem[] {
  return items.flatMap((item) => {
    const inner = closeItems(item.items, targets, findings);
    const isDangling = item.refersTo !== null && !targets.has(item.refersTo);
    if (!isDangling) return [{ ...item, items: inner }];
    findings.add({
      severity: 'WARNING',
      code: 'ORGANIZATION_REFERENCE',
      elementId: item.refersTo,
      elementName: item.labels[0]?.text ?? null,
      rule: 'An item of an organization refers to something in the file.',
      message: `An item of an organization refers to "${item.refersTo?.slice(0, 100)}", which is not in the file.`,
      mend: 'The item was left out.',
    });
    return inner.length === 0 ? [] : [{ ...item, refersTo: null, items: inner }];
  });
}
