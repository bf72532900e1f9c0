/** A subgraph that gave no usable answer, as GraphQL errors at the fields that stay empty. */
import type { GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import { Kind, parse, type SelectionSetNode } from 'graphql';
import { BoundedCache } from './bounded-cache.ts';

const MAX_PLACES = 20;
const CACHED_FIELDS = 1_000;

/**
 * `unreachable`: no connection, or it broke. `timeout`: the time of one call was over. `late`: what was left of the operation's time was
 * too little to say anything about the subgraph. `status`: an answer of the 500s. `unusable`: an answer that is none of GraphQL, or refuses
 * the token. `refused`: not sent, because earlier calls failed. `abandoned`: the client went away.
 */
export type FailureReason =
  | 'unreachable'
  | 'timeout'
  | 'late'
  | 'status'
  | 'unusable'
  | 'refused'
  | 'abandoned';

/** Why a subgraph call failed; reason and text are for the log, clients get one sentence for all of them. */
export class SubgraphFailure extends Error {
  override readonly name = 'SubgraphFailure';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

export class FailureAnswers {
  readonly #fields = new BoundedCache<readonly string[]>(CACHED_FIELDS);

  /** One error per field that the fetch was to fill, up to a limit; paths as the subgraph itself would give them. */
  answer(query: string, variables: Readonly<Record<string, unknown>>): GatewayGraphQLResponse {
    const representations = variables['representations'];
    const fields = this.#fieldsOf(query);
    const paths: (string | number)[][] = Array.isArray(representations)
      ? representations.flatMap((_, index) => fields.map((field) => ['_entities', index, field]))
      : fields.map((field) => [field]);
    return {
      errors: paths.slice(0, MAX_PLACES).map((path) => ({
        message: 'A service that answers this field is not available. Try again.',
        path,
        extensions: { code: 'SERVICE_UNAVAILABLE' },
      })),
    };
  }

  #fieldsOf(query: string): readonly string[] {
    const known = this.#fields.get(query);
    if (known) return known;
    const fields = readFields(query);
    this.#fields.set(query, fields);
    return fields;
  }
}

function readFields(query: string): string[] {
  const operation = parse(query, { noLocation: true }).definitions.find(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (!operation) return [];
  const names = namesIn(operation.selectionSet);
  if (!names.includes('_entities')) return names;
  const entities = operation.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD);
  return entities?.selectionSet ? namesIn(entities.selectionSet) : [];
}

function namesIn(set: SelectionSetNode): string[] {
  const names = set.selections.flatMap((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return namesIn(selection.selectionSet);
    return selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [];
  });
  return [...new Set(names)].filter((name) => name !== '__typename');
}
