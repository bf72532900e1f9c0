/** Takes out of an operation what its viewer may not ask for, before it is planned. */
import {
  Kind,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { isRecord } from '../gateway/json.ts';
import { isSatisfied, type Requirements, type ScopeHolder } from './requirements.ts';

/** A field that was taken out: its response keys from the root, without list positions. */
export type DeniedPath = readonly string[];

export interface FilteredOperation {
  /** The rest of the operation, fragments written out; null when nothing is left. */
  readonly document: DocumentNode | null;
  readonly denied: readonly DeniedPath[];
}

interface Walk {
  readonly schema: GraphQLSchema;
  readonly requirements: Requirements;
  readonly viewer: ScopeHolder;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly denied: DeniedPath[];
}

export interface ScopeCheck {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
  readonly requirements: Requirements;
  readonly viewer: ScopeHolder;
}

/** Returns undefined when the viewer may have everything, which is the usual case. The document must be valid. */
export function filterByScopes(check: ScopeCheck): FilteredOperation | undefined {
  if (check.requirements.size === 0) return undefined;
  const root = check.schema.getRootType(check.operation.operation);
  if (!root) return undefined;
  const walk: Walk = { ...check, fragments: fragmentsOf(check.document), denied: [] };
  const selectionSet = filterSelections(walk, check.operation.selectionSet, { type: root, path: [] });
  if (walk.denied.length === 0) return undefined;
  const document = selectionSet && toDocument({ ...check.operation, selectionSet });
  return { document, denied: walk.denied };
}

interface Position {
  readonly type: GraphQLNamedType;
  readonly path: DeniedPath;
}

/** Null when no selection is left. */
function filterSelections(walk: Walk, set: SelectionSetNode, at: Position): SelectionSetNode | null {
  const selections = set.selections.flatMap((selection) => filterSelection(walk, selection, at));
  return selections.length === 0 ? null : { kind: Kind.SELECTION_SET, selections };
}

function filterSelection(walk: Walk, selection: SelectionNode, at: Position): SelectionNode[] {
  if (selection.kind === Kind.FIELD) return filterField(walk, selection, at);
  const fragment =
    selection.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(selection.name.value) : selection;
  if (!fragment) return [];
  const typeCondition = fragment.typeCondition;
  const type = typeCondition ? walk.schema.getType(typeCondition.name.value) : at.type;
  if (!type) return [];
  const selectionSet = filterSelections(walk, fragment.selectionSet, { ...at, type });
  if (!selectionSet) return [];
  return [
    {
      kind: Kind.INLINE_FRAGMENT,
      ...(typeCondition && { typeCondition }),
      ...(selection.directives && { directives: selection.directives }),
      selectionSet,
    },
  ];
}

function filterField(
  walk: Walk,
  field: Extract<SelectionNode, { kind: Kind.FIELD }>,
  at: Position,
): SelectionNode[] {
  const path = [...at.path, field.alias?.value ?? field.name.value];
  const requirement = walk.requirements.get(`${at.type.name}.${field.name.value}`);
  if (requirement && !isSatisfied(requirement, walk.viewer)) {
    walk.denied.push(path);
    return [];
  }
  if (!field.selectionSet) return [field];
  const definition =
    isObjectType(at.type) || isInterfaceType(at.type) ? at.type.getFields()[field.name.value] : undefined;
  const type = definition && getNamedType(definition.type);
  // Meta fields have no definition on the type; introspection is open to whoever may introspect.
  if (!type || !isCompositeType(type)) return [field];
  const selectionSet = filterSelections(walk, field.selectionSet, { type, path });
  return [{ ...field, selectionSet: selectionSet ?? ONLY_TYPENAME }];
}

/** Stands for selections that were all taken out: whether the parent is there can still be answered. */
const ONLY_TYPENAME: SelectionSetNode = {
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }],
};

/** Drops variables that only the removed fields used: an unused one is an error to whoever validates. */
function toDocument(operation: OperationDefinitionNode): DocumentNode {
  const used = new Set<string>();
  visit(operation, {
    VariableDefinition: () => false,
    Variable: (node) => {
      used.add(node.name.value);
    },
  });
  const variableDefinitions = operation.variableDefinitions?.filter((definition) =>
    used.has(definition.variable.name.value),
  );
  return {
    kind: Kind.DOCUMENT,
    definitions: [{ ...operation, ...(variableDefinitions && { variableDefinitions }) }],
  };
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
}

/** Where the denied fields stand in an answer, list positions included; at most `limit` places. */
export function locateDenied(
  denied: readonly DeniedPath[],
  data: unknown,
  limit: number,
): (string | number)[][] {
  const places: (string | number)[][] = [];
  for (const path of denied) {
    const before = places.length;
    collect(path, data, [], { places, limit });
    // Nothing was there to hold the field; the client still learns why.
    if (places.length === before && places.length < limit) places.push([...path]);
  }
  return places;
}

function collect(
  path: DeniedPath,
  value: unknown,
  at: readonly (string | number)[],
  found: { readonly places: (string | number)[][]; readonly limit: number },
): void {
  if (found.places.length >= found.limit || value === null || value === undefined) return;
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => collect(path, item, [...at, index], found));
    return;
  }
  const [key, ...rest] = path;
  if (key === undefined || !isRecord(value) || !Object.hasOwn(value, key)) return;
  if (rest.length === 0) {
    // A value can come of the same key in another fragment, which the viewer may have.
    if (value[key] === null) found.places.push([...at, key]);
    return;
  }
  collect(rest, value[key], [...at, key], found);
}
