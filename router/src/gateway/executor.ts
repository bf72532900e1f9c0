/** Runs operations: takes out what the viewer may not see, plans, lets Apollo's executor join the subgraphs' answers. */
import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewaySchemaHash,
} from '@apollo/server-gateway-interface';
import type { QueryPlan } from '@apollo/query-planner';
import { FlowgridError, type Logger } from '@flowgrid/platform';
import { GraphQLError, getVariableValues, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import {
  filterByScopes,
  locateDenied,
  type DeniedPath,
  type FilteredOperation,
} from '../identity/scope-filter.ts';
import { checkCost } from '../limits/cost.ts';
import type { OperationLimits } from '../limits/operation-limits.ts';
import type { OperationOutcome, RouterMetrics } from '../metrics.ts';
import type { Planner } from './planner.ts';
import { toGraphQLError } from './refusal.ts';
import type { OperationRequest, RouterContext, Viewer } from './request.ts';
import type { SubgraphClient } from './subgraph-client.ts';
import type { LoadedSupergraph } from './supergraph.ts';

const MAX_DENIED_ERRORS = 100;

export interface ExecutorOptions {
  readonly supergraph: LoadedSupergraph;
  readonly planner: Planner;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly limits: OperationLimits;
  /** False when the router runs without identity: then nobody has permissions to check. */
  readonly checksScopes: boolean;
  readonly logger: Logger;
  readonly metrics: RouterMetrics;
}

/** An operation that may run: its plan, and what was taken out of it. */
export interface PreparedOperation {
  readonly request: OperationRequest;
  readonly operation: OperationDefinitionNode;
  /** Null when the viewer may have nothing of it. */
  readonly plan: QueryPlan | null;
  readonly denied: readonly DeniedPath[];
}

/** Stands for a subgraph whose answer is at hand: the event of a subscription. */
export interface LocalAnswer {
  readonly service: string;
  readonly answer: Awaited<ReturnType<SubgraphClient['fetch']>>;
}

export class Executor {
  readonly #options: ExecutorOptions;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Checks variables, cost and scopes, and plans. Errors say why the operation may not run at all. */
  prepare(request: OperationRequest): PreparedOperation | { readonly errors: readonly GraphQLError[] } {
    const { supergraph, limits } = this.#options;
    const { document, operationName } = request;
    const { operation, schema } = buildOperationContext({
      schema: supergraph.clientSchema,
      operationDocument: document,
      ...(operationName !== undefined && { operationName }),
    });
    const variables = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables, {
      maxErrors: 10,
      hideSuggestions: true,
    });
    if (variables.errors) return { errors: variables.errors.map(toInputError) };
    const tooCostly = checkCost({ document, operation, schema, variables: variables.coerced }, limits);
    if (tooCostly) return { errors: [tooCostly] };
    try {
      return this.#filterAndPlan(request, operation);
    } catch (error) {
      if (!(error instanceof FlowgridError)) throw error;
      return { errors: [toGraphQLError(error)] };
    }
  }

  /** What of an operation a viewer may not have. */
  findDenied(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    viewer: Viewer,
  ): readonly DeniedPath[] {
    return this.#filter(document, operation, viewer)?.denied ?? [];
  }

  /** Runs a prepared query or mutation, or, with `event`, one event of a subscription. */
  async execute(prepared: PreparedOperation, event?: LocalAnswer): Promise<GatewayExecutionResult> {
    const startedAt = performance.now();
    const result = await this.#run(prepared, event);
    const { operation } = prepared.operation;
    this.#options.metrics.observeOperation(operation, toOutcome(result), performance.now() - startedAt);
    return result;
  }

  async #run(prepared: PreparedOperation, event: LocalAnswer | undefined): Promise<GatewayExecutionResult> {
    const { request, plan } = prepared;
    const { supergraph } = this.#options;
    const result = await executeQueryPlan(
      plan ?? { kind: 'QueryPlan' },
      this.#servicesFor(request.context, event),
      this.#toExecutorContext(prepared),
      buildOperationContext({
        schema: supergraph.clientSchema,
        operationDocument: request.document,
        ...(request.operationName !== undefined && { operationName: request.operationName }),
      }),
      supergraph.fullSchema,
      supergraph.apiSchema,
    );
    return this.#finish(prepared, result);
  }

  #filterAndPlan(request: OperationRequest, operation: OperationDefinitionNode): PreparedOperation {
    const { planner } = this.#options;
    const { document, hash, operationName } = request;
    const filtered = this.#filter(document, operation, request.context.viewer);
    const denied = filtered?.denied ?? [];
    const rest: DocumentNode | null = filtered ? filtered.document : document;
    const key = denied.length === 0 ? hash : `${hash} ${JSON.stringify(denied)}`;
    const plan = rest && planner.plan({ key, document: rest, operationName });
    return { request, operation, plan, denied };
  }

  #filter(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    viewer: Viewer,
  ): FilteredOperation | undefined {
    const { supergraph, checksScopes } = this.#options;
    if (!checksScopes) return undefined;
    return filterByScopes({
      document,
      operation,
      schema: supergraph.clientSchema,
      requirements: supergraph.requirements,
      viewer,
    });
  }

  #servicesFor(context: RouterContext, event: LocalAnswer | undefined): ServiceMap {
    const services: ServiceMap = {};
    for (const [name, client] of this.#options.clients) {
      services[name] = {
        process: ({ request }) =>
          client.fetch(
            {
              query: request.query ?? '',
              operationName: request.operationName,
              variables: request.variables ?? {},
            },
            context,
          ),
      };
    }
    if (event) services[event.service] = { process: () => Promise.resolve(event.answer) };
    return services;
  }

  #finish(prepared: PreparedOperation, result: GatewayExecutionResult): GatewayExecutionResult {
    const { data, errors = [], extensions } = result;
    if (extensions) {
      // A subgraph broke its own schema; clients see the null, the log says where it came from.
      const { requestId } = prepared.request.context;
      this.#options.logger.warn({ requestId, extensions }, 'subgraph answers do not fit the schema');
    }
    const refused = this.#deniedErrors(prepared, data);
    const all = [...errors, ...refused];
    return { ...(data !== undefined && { data }), ...(all.length > 0 && { errors: all }) };
  }

  #deniedErrors({ denied, request }: PreparedOperation, data: unknown): GraphQLError[] {
    if (denied.length === 0) return [];
    return locateDenied(denied, data, MAX_DENIED_ERRORS).map((path) =>
      deniedError(path, request.context.viewer.anonymous),
    );
  }

  /** What Apollo's executor reads of a request; the rest of the interface is inert. */
  #toExecutorContext({ request, operation }: PreparedOperation): GatewayGraphQLRequestContext {
    const { document, hash, operationName, variables } = request;
    return {
      request: { variables: { ...variables } },
      logger: toApolloLogger(this.#options.logger),
      schema: this.#options.supergraph.clientSchema,
      schemaHash: toSchemaHash(''),
      context: {},
      cache: NO_CACHE,
      queryHash: hash,
      document,
      source: '',
      operationName: operationName ?? null,
      operation,
      metrics: {},
      overallCachePolicy: undefined,
    };
  }
}

function toOutcome({ data, errors }: GatewayExecutionResult): OperationOutcome {
  if (!errors || errors.length === 0) return 'ok';
  return data ? 'partial' : 'failed';
}

function toInputError(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    ...(error.nodes && { nodes: error.nodes }),
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

export function deniedError(path: readonly (string | number)[], isAnonymous: boolean): GraphQLError {
  return isAnonymous
    ? new GraphQLError('Sign in to see this.', { path, extensions: { code: 'UNAUTHENTICATED' } })
    : new GraphQLError('You do not have the permission for this.', {
        path,
        extensions: { code: 'FORBIDDEN' },
      });
}

const NO_CACHE: GatewayGraphQLRequestContext['cache'] = {
  get: () => Promise.resolve(undefined),
  set: () => Promise.resolve(),
  delete: () => Promise.resolve(),
};

function toApolloLogger(logger: Logger): GatewayGraphQLRequestContext['logger'] {
  return {
    debug: (message: unknown) => logger.debug(String(message)),
    info: (message: unknown) => logger.info(String(message)),
    warn: (message: unknown) => logger.warn(String(message)),
    error: (message: unknown) => logger.error(String(message)),
  };
}

/** The interface brands the hash by a type that has no constructor. */
function toSchemaHash(text: string): GatewaySchemaHash {
  return text as GatewaySchemaHash;
}
