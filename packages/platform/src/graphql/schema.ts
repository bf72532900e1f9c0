/** Builds the schema of a subgraph from its module folders. */
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema, type GraphQLSchemaModule } from '@apollo/subgraph';
import { DateTimeResolver, EmailAddressResolver, JSONResolver, URLResolver } from 'graphql-scalars';
import { Kind, parse, type DocumentNode, type GraphQLSchema } from 'graphql';

/** One feature: where its SDL is, and its resolvers in the types that were generated from it. */
export interface SubgraphModule {
  readonly typeDefs: URL;
  readonly resolvers: object;
}

const SCALARS = {
  DateTime: DateTimeResolver,
  JSON: JSONResolver,
  EmailAddress: EmailAddressResolver,
  URL: URLResolver,
};

/**
 * Builds the federated schema. `header` holds the `@link`, the scalars and the types that every module uses.
 * @throws when the SDL is not valid or a resolver has no field.
 */
export function buildSchema(header: URL, modules: readonly SubgraphModule[]): GraphQLSchema {
  const headerTypes = readTypeDefs(header);
  const declared = new Set(
    headerTypes.definitions.flatMap((node) =>
      node.kind === Kind.SCALAR_TYPE_DEFINITION ? [node.name.value] : [],
    ),
  );
  const scalars = Object.fromEntries(Object.entries(SCALARS).filter(([name]) => declared.has(name)));
  return buildSubgraphSchema([
    { typeDefs: headerTypes, resolvers: scalars },
    ...modules.map((module) => toSchemaModule(module)),
  ]);
}

function toSchemaModule(module: SubgraphModule): GraphQLSchemaModule {
  const resolvers = module.resolvers as NonNullable<GraphQLSchemaModule['resolvers']>;
  return { typeDefs: readTypeDefs(module.typeDefs), resolvers };
}

function readTypeDefs(file: URL): DocumentNode {
  return parse(readFileSync(file, 'utf8'), { noLocation: true });
}
