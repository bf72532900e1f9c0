/** The composed schema in the forms that planning, execution and validation need. */
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph, type Schema } from '@apollo/federation-internals';
import type { ServiceUrls } from '@flowgrid/platform';
import { parse, type GraphQLSchema } from 'graphql';
import { readRequirements, type Requirements } from '../identity/requirements.ts';

/** Features that the executor and the planner here carry out; a supergraph that needs another one is refused. */
const SUPPORTED_FEATURES = new Set(
  [...ROUTER_SUPPORTED_SUPERGRAPH_FEATURES].filter((url) => !/\/(context|policy|connect)\//.test(url)),
);

const GRAPHQL_PATH = '/graphql';

export interface Subgraph {
  readonly name: string;
  /** Its replicas: the addresses that its routes are below. */
  readonly baseUrls: ServiceUrls;
  /** Path of its GraphQL endpoint, from a base address. */
  readonly graphqlPath: string;
}

export interface LoadedSupergraph {
  readonly sdl: string;
  readonly supergraph: Supergraph;
  /** What clients see, in the planner's model and in graphql-js's. */
  readonly apiSchema: Schema;
  readonly clientSchema: GraphQLSchema;
  /** With inaccessible elements; the executor needs it to build representations. */
  readonly fullSchema: GraphQLSchema;
  readonly subgraphs: readonly Subgraph[];
  readonly requirements: Requirements;
}

/**
 * Loads a supergraph. `baseUrlsOf` gives the base addresses of a subgraph, or undefined to use the one in the SDL.
 * @throws when the SDL is not a supergraph, or uses what the router cannot enforce.
 */
export function loadSupergraph(
  sdl: string,
  baseUrlsOf: (subgraph: string) => ServiceUrls | undefined = () => undefined,
): LoadedSupergraph {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: SUPPORTED_FEATURES });
  const apiSchema = supergraph.apiSchema();
  const clientSchema = apiSchema.toGraphQLJSSchema();
  return {
    sdl,
    supergraph,
    apiSchema,
    clientSchema,
    fullSchema: supergraph.schema.toGraphQLJSSchema(),
    subgraphs: supergraph.subgraphsMetadata().map(({ name, url }) => {
      const baseUrls = baseUrlsOf(name);
      return baseUrls ? { name, baseUrls, graphqlPath: GRAPHQL_PATH } : { name, ...splitUrl(url) };
    }),
    requirements: readRequirements(parse(sdl, { noLocation: true }), clientSchema, {
      scopes: directiveName(supergraph, 'requiresScopes'),
      authenticated: directiveName(supergraph, 'authenticated'),
    }),
  };
}

/** What is before `/graphql` in the address of the SDL is the base; another path has no plain routes beside it. */
function splitUrl(url: string): Pick<Subgraph, 'baseUrls' | 'graphqlPath'> {
  const plain = url.replace(/\/+$/, '');
  if (plain.endsWith(GRAPHQL_PATH)) {
    return { baseUrls: [plain.slice(0, -GRAPHQL_PATH.length)], graphqlPath: GRAPHQL_PATH };
  }
  const { origin, pathname, search } = new URL(url);
  return { baseUrls: [origin], graphqlPath: `${pathname}${search}` };
}

/** The environment variable that gives a subgraph's base address. */
export function subgraphUrlVariable(subgraph: string): string {
  return `SUBGRAPH_${subgraph.toUpperCase().replaceAll('-', '_')}_URL`;
}

function directiveName(supergraph: Supergraph, name: string): string | undefined {
  const feature = supergraph.schema.coreFeatures?.getByIdentity(`https://specs.apollo.dev/${name}`);
  return feature?.directiveNameInSchema(name);
}
