/** Reads operations, however they came: syntax, limits, validation; what passed is kept. */
import { createHash } from 'node:crypto';
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { checkShape, type OperationLimits } from '../limits/operation-limits.ts';
import { BoundedCache } from './bounded-cache.ts';

const CACHED_DOCUMENTS = 1_000;

export interface ReadOptions {
  readonly schema: GraphQLSchema;
  readonly limits: OperationLimits;
  readonly allowsIntrospection: boolean;
}

export interface ReadDocument {
  readonly document: DocumentNode;
  readonly hash: string;
}

export interface ReadOperation extends ReadDocument {
  readonly operation: OperationDefinitionNode;
}

export interface Refusal {
  readonly errors: readonly GraphQLError[];
}

/** The operation that was asked for is not in the document, or there are several and none was named. */
export const UNRESOLVED_OPERATION = new GraphQLError(
  'The document has no operation of this name, or has several and none was named.',
  { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
);

export class OperationReader {
  readonly #options: ReadOptions;
  readonly #documents = new BoundedCache<DocumentNode>(CACHED_DOCUMENTS);

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  /** @throws FlowgridError `QUERY_TOO_COMPLEX`. Other refusals are returned. */
  read(source: string, operationName: string | null | undefined): ReadOperation | Refusal {
    const read = this.readDocument(source);
    if ('errors' in read) return read;
    const operation = getOperationAST(read.document, operationName);
    return operation ? { ...read, operation } : { errors: [UNRESOLVED_OPERATION] };
  }

  /** Parses and checks a document, or takes it from the last ones. Throws and returns as `read` does. */
  readDocument(source: string): ReadDocument | Refusal {
    const hash = createHash('sha256').update(source).digest('hex');
    const known = this.#documents.get(hash);
    if (known) return { document: known, hash };
    const document = this.#readDocument(source);
    if ('errors' in document) return document;
    this.#documents.set(hash, document);
    return { document, hash };
  }

  /** A document that was read before, by the SHA-256 of its source in hexadecimal. */
  findDocument(hash: string): DocumentNode | undefined {
    return this.#documents.get(hash);
  }

  #readDocument(source: string): DocumentNode | Refusal {
    const { schema, limits, allowsIntrospection } = this.#options;
    let document: DocumentNode;
    try {
      document = parse(source, { maxTokens: limits.tokens });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return { errors: [withCode(error, 'GRAPHQL_PARSE_FAILED')] };
    }
    checkShape(document, limits);
    const rules = allowsIntrospection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
    const errors = validate(schema, document, rules, { hideSuggestions: true });
    return errors.length > 0
      ? { errors: errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')) }
      : document;
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    ...(error.nodes && { nodes: error.nodes }),
    ...(error.source && { source: error.source }),
    ...(error.positions && { positions: error.positions }),
    extensions: { ...error.extensions, code },
  });
}
