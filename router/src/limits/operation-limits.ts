/** Bounds on the shape of an operation, checked in one walk before it is validated or planned. */
import { FlowgridError } from '@flowgrid/platform';
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export interface OperationLimits {
  readonly tokens: number;
  /** Levels of fields; what is below `__schema` and `__type` is bounded by validation instead. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Fields with fragments written out: validation compares the fields of a level with each other. */
  readonly fields: number;
  /** Spreads with fragments written out: each of two that spread the next twice doubles the walk. */
  readonly spreads: number;
  readonly directives: number;
  readonly directivesPerNode: number;
  /** Objects that an answer may have, estimated from `first` and assumed list sizes. */
  readonly cost: number;
}

export const DEFAULT_LIMITS: OperationLimits = {
  tokens: 5_000,
  depth: 15,
  aliases: 50,
  rootFields: 20,
  fields: 2_000,
  spreads: 1_000,
  directives: 50,
  directivesPerNode: 5,
  cost: 50_000,
};

interface Walk {
  readonly limits: OperationLimits;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Fragments that the walk is inside of; meeting one again is a cycle. */
  readonly open: Set<string>;
  aliases: number;
  directives: number;
  fields: number;
  spreads: number;
  rootFields: number;
}

/** @throws FlowgridError `QUERY_TOO_COMPLEX` that names the first limit that is exceeded. */
export function checkShape(document: DocumentNode, limits: OperationLimits): void {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION)
      continue;
    const walk: Walk = {
      limits,
      fragments,
      open: new Set(),
      aliases: 0,
      directives: 0,
      fields: 0,
      spreads: 0,
      rootFields: 0,
    };
    countDirectives(walk, definition.directives?.length ?? 0);
    const isOperation = definition.kind === Kind.OPERATION_DEFINITION;
    walkSelections(walk, definition.selectionSet, isOperation ? 0 : 1);
  }
}

/** Depth 0 is the root; negative infinity stands for the inside of introspection, which has no depth limit here. */
function walkSelections(walk: Walk, set: SelectionSetNode, depth: number): void {
  for (const selection of set.selections) {
    countDirectives(walk, selection.directives?.length ?? 0);
    if (selection.kind === Kind.FIELD) walkField(walk, selection, depth);
    else if (selection.kind === Kind.INLINE_FRAGMENT) walkSelections(walk, selection.selectionSet, depth);
    else walkFragment(walk, selection.name.value, depth);
  }
}

function walkField(walk: Walk, field: Extract<SelectionNode, { kind: Kind.FIELD }>, depth: number): void {
  const { limits } = walk;
  walk.fields += 1;
  refuseAbove('fields', walk.fields, limits.fields);
  if (field.alias) walk.aliases += 1;
  refuseAbove('aliases', walk.aliases, limits.aliases);
  if (depth === 0) walk.rootFields += 1;
  refuseAbove('root fields', walk.rootFields, limits.rootFields);
  refuseAbove('depth', depth + 1, limits.depth);
  if (!field.selectionSet) return;
  const isIntrospection = field.name.value === '__schema' || field.name.value === '__type';
  walkSelections(walk, field.selectionSet, isIntrospection ? Number.NEGATIVE_INFINITY : depth + 1);
}

function walkFragment(walk: Walk, name: string, depth: number): void {
  walk.spreads += 1;
  // Fields alone do not bound the walk: a chain of fragments that ends in an unknown one has none.
  refuseAbove('fragment spreads', walk.spreads, walk.limits.spreads);
  const fragment = walk.fragments.get(name);
  // An unknown fragment is refused by validation, which says where it is.
  if (!fragment) return;
  if (walk.open.has(name)) {
    throw new FlowgridError('QUERY_TOO_COMPLEX', `The fragment "${name}" contains itself.`);
  }
  walk.open.add(name);
  countDirectives(walk, fragment.directives?.length ?? 0);
  walkSelections(walk, fragment.selectionSet, depth);
  walk.open.delete(name);
}

function countDirectives(walk: Walk, count: number): void {
  walk.directives += count;
  refuseAbove('directives on one element', count, walk.limits.directivesPerNode);
  refuseAbove('directives', walk.directives, walk.limits.directives);
}

function refuseAbove(what: string, value: number, limit: number): void {
  if (value <= limit) return;
  throw new FlowgridError(
    'QUERY_TOO_COMPLEX',
    `The operation has more ${what} than allowed: ${value}, the limit is ${limit}.`,
  );
}
