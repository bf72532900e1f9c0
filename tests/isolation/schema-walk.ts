/** Reads the public schema: which operations take ids, and a document that asks for everything they answer. */
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import { dataOf, postGraphQL } from '../testkit/graphql.ts';

export interface RootField {
  /** `Query.agent`. */
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly takesIds: boolean;
  /** An operation with the field's arguments as variables, which selects every field it can without further arguments. */
  readonly document: string;
}

const SELECTION_DEPTH = 5;

export async function readSchema(graphqlUrl: string, token: string): Promise<GraphQLSchema> {
  const answer = await postGraphQL(graphqlUrl, { query: getIntrospectionQuery() }, token);
  return buildClientSchema(dataOf<IntrospectionQuery>(answer));
}

export function listRootFields(schema: GraphQLSchema): readonly RootField[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({
      name: `${type?.name}.${field.name}`,
      kind,
      takesIds: field.args.some((argument) => holdsId(argument.type, argument.name)),
      document: toDocument(kind, field),
    })),
  );
}

/** An id by type, or by name where the type says less. */
function holdsId(type: GraphQLInputType, name: string, seen: readonly string[] = []): boolean {
  const named = getNamedType(type);
  if (named.name === 'ID' || /(^id|Ids?)$/.test(name)) return true;
  if (!isInputObjectType(named) || seen.includes(named.name)) return false;
  return Object.values(named.getFields()).some((field) =>
    holdsId(field.type, field.name, [...seen, named.name]),
  );
}

function toDocument(kind: RootField['kind'], field: GraphQLField<unknown, unknown>): string {
  const variables = field.args.map((argument) => `$${argument.name}: ${String(argument.type)}`);
  const values = field.args.map((argument) => `${argument.name}: $${argument.name}`);
  const head = variables.length === 0 ? kind : `${kind} (${variables.join(', ')})`;
  const call = values.length === 0 ? field.name : `${field.name}(${values.join(', ')})`;
  return `${head} { ${call} ${selectEverything(field.type)} }`;
}

/** `{ every scalar, and objects to a bounded depth }`, without types that are already being selected. */
export function selectEverything(type: GraphQLOutputType, seen: readonly string[] = []): string {
  const named = getNamedType(type);
  if (!isObjectType(named) && !isInterfaceType(named)) return '';
  if (seen.length >= SELECTION_DEPTH || seen.includes(named.name)) return '{ __typename }';
  const fields = Object.values(named.getFields())
    .filter((field) => !field.args.some(isRequiredArgument))
    .map((field) => `${field.name} ${selectEverything(field.type, [...seen, named.name])}`.trim());
  return `{ ${fields.join(' ')} }`;
}
