/** How a subscription continues after its subgraph was away: from the last `sequence` it saw, by the argument `after`. */
import type { FetchNode } from '@apollo/query-planner';
import {
  GraphQLInt,
  Kind,
  getNamedType,
  getNullableType,
  isObjectType,
  parse,
  print,
  visit,
  type ArgumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import { isRecord } from '../gateway/json.ts';
import type { UpstreamEvent } from './upstream.ts';

export interface StreamQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The primary fetch of a subscription, from its start and from any event on. */
export interface Resumption {
  readonly start: StreamQuery;
  /** Null when the field has no `after` and `sequence`: then what was missed cannot be asked for. */
  readonly continueAfter: ((sequence: number) => StreamQuery) | null;
  /** The position of an event; null when it has none. */
  readonly sequenceOf: (event: UpstreamEvent) => number | null;
}

/** Response key of the position; clients never see it, as the answer is shaped by their own operation. */
const SEQUENCE_KEY = 'flowgrid_sequence';
const AFTER_VARIABLE = 'flowgrid_after';

export function toResumption(
  primary: FetchNode,
  schema: GraphQLSchema,
  allVariables: Readonly<Record<string, unknown>>,
): Resumption {
  const variables = pick(allVariables, primary.variableUsages ?? []);
  const operation = readOperation(primary.operation);
  const field = operation && rootField(operation);
  if (!operation || !field?.selectionSet || !isResumable(schema, field.name.value)) {
    return { start: { query: primary.operation, variables }, continueAfter: null, sequenceOf: () => null };
  }
  const key = field.alias?.value ?? field.name.value;
  const withSequence = replaceField(operation, addSequence(field));
  const resumed = print(dropUnusedVariables(replaceField(operation, setAfter(addSequence(field)))));
  return {
    start: { query: print(withSequence), variables },
    continueAfter: (sequence) => ({
      query: resumed,
      variables: { ...variables, [AFTER_VARIABLE]: sequence },
    }),
    sequenceOf: (event) => {
      const root = event.data?.[key];
      const sequence = isRecord(root) ? root[SEQUENCE_KEY] : undefined;
      return typeof sequence === 'number' ? sequence : null;
    },
  };
}

function isResumable(schema: GraphQLSchema, fieldName: string): boolean {
  const field = schema.getSubscriptionType()?.getFields()[fieldName];
  const type = field && getNamedType(field.type);
  if (!isObjectType(type)) return false;
  const after = field?.args.find((argument) => argument.name === 'after');
  const sequence = type.getFields()['sequence'];
  if (!after || !sequence) return false;
  return getNullableType(after.type) === GraphQLInt && getNullableType(sequence.type) === GraphQLInt;
}

function readOperation(query: string): OperationDefinitionNode | undefined {
  return parse(query, { noLocation: true }).definitions.find(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
}

function rootField(operation: OperationDefinitionNode): FieldNode | undefined {
  const [only, ...others] = operation.selectionSet.selections;
  return only?.kind === Kind.FIELD && others.length === 0 ? only : undefined;
}

function addSequence(field: FieldNode): FieldNode {
  const selection: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: SEQUENCE_KEY },
    name: { kind: Kind.NAME, value: 'sequence' },
  };
  return {
    ...field,
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [selection, ...(field.selectionSet?.selections ?? [])],
    },
  };
}

function setAfter(field: FieldNode): FieldNode {
  const argument: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: 'after' },
    value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: AFTER_VARIABLE } },
  };
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== 'after');
  return { ...field, arguments: [...others, argument] };
}

function replaceField(operation: OperationDefinitionNode, field: FieldNode): OperationDefinitionNode {
  return { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections: [field] } };
}

/** The variable of the first `after` may have no other use; the subgraph refuses variables without one. */
function dropUnusedVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const used = new Set<string>();
  visit(operation, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      used.add(name.value);
    },
  });
  const position: VariableDefinitionNode = {
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: AFTER_VARIABLE } },
    type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'Int' } },
  };
  const kept = (operation.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value));
  return { ...operation, variableDefinitions: [...kept, position] };
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(values, name)).map((name) => [name, values[name]]),
  );
}
