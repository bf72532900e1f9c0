/** Estimates how many objects an operation asks for: lists multiply what is inside them. */
import { FlowgridError } from '@flowgrid/platform';
import {
  type GraphQLError,
  Kind,
  OperationTypeNode,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { toGraphQLError } from '../gateway/refusal.ts';
import type { OperationLimits } from './operation-limits.ts';

const ASSUMED_LIST_SIZE = 10;
const ASSUMED_PAGE_SIZE = 20;
const MUTATION_COST = 10;
/** Arguments that say how many elements are wanted. */
const SIZE_ARGUMENTS = ['first', 'last', 'limit'];

export interface CostRequest {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Walk {
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** Returns the error when the estimate is above the limit. The document must be valid. */
export function checkCost(request: CostRequest, limits: OperationLimits): GraphQLError | undefined {
  const cost = estimateCost(request);
  if (cost <= limits.cost) return undefined;
  return toGraphQLError(
    new FlowgridError(
      'QUERY_TOO_COMPLEX',
      `The operation asks for about ${cost} objects, the limit is ${limits.cost}. Ask for smaller pages.`,
    ),
  );
}

export function estimateCost({ document, operation, schema, variables }: CostRequest): number {
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const base = operation.operation === OperationTypeNode.MUTATION ? MUTATION_COST : 0;
  return base + costOf({ schema, variables, fragments }, operation.selectionSet, { type: root, page: null });
}

interface Position {
  readonly type: GraphQLNamedType;
  /** Size that an argument of the parent gave for the lists directly below it, as in a connection. */
  readonly page: number | null;
}

function costOf(walk: Walk, set: SelectionSetNode, at: Position): number {
  let cost = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      cost += costOfField(walk, selection, at);
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(selection.name.value) : selection;
    if (!fragment) continue;
    const condition = fragment.typeCondition?.name.value;
    const type = condition === undefined ? at.type : walk.schema.getType(condition);
    if (type) cost += costOf(walk, fragment.selectionSet, { ...at, type });
  }
  return cost;
}

function costOfField(walk: Walk, node: FieldNode, at: Position): number {
  if (!node.selectionSet || !(isObjectType(at.type) || isInterfaceType(at.type))) return 0;
  const field = at.type.getFields()[node.name.value];
  // Introspection is not a field of the type; it costs no subgraph anything.
  if (!field) return 0;
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) return 0;
  const size = sizeArgument(walk, node, field);
  const isList = isListType(getNullableType(field.type));
  const count = isList ? (size ?? at.page ?? ASSUMED_LIST_SIZE) : 1;
  const inside = costOf(walk, node.selectionSet, { type, page: isList ? null : size });
  return count * (1 + inside);
}

/** Null when the field has no argument for its size. */
function sizeArgument(walk: Walk, node: FieldNode, field: GraphQLField<unknown, unknown>): number | null {
  const definition = field.args.find((argument) => SIZE_ARGUMENTS.includes(argument.name));
  if (!definition) return null;
  const given = node.arguments?.find((argument) => SIZE_ARGUMENTS.includes(argument.name.value));
  const value = given?.value;
  if (value?.kind === Kind.INT) return Math.max(0, Number(value.value));
  if (value?.kind === Kind.VARIABLE) {
    const variable = walk.variables[value.name.value];
    if (typeof variable === 'number') return Math.max(0, variable);
  }
  return typeof definition.defaultValue === 'number' ? definition.defaultValue : ASSUMED_PAGE_SIZE;
}
