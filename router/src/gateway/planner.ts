/** Query plans, made once per operation text and name. */
import { operationFromDocument, type Operation } from '@apollo/federation-internals';
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner';
import { FlowgridError } from '@flowgrid/platform';
import type { DocumentNode } from 'graphql';
import { BoundedCache } from './bounded-cache.ts';
import type { LoadedSupergraph } from './supergraph.ts';

const CACHED_PLANS = 1_000;
const TOO_COMPLEX = /^(Exceeded maximum|Too many options)/;

export interface PlanRequest {
  /** Identifies the document: its hash, and what was taken out of it. */
  readonly key: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
}

export class Planner {
  readonly #supergraph: LoadedSupergraph;
  readonly #planner: QueryPlanner;
  readonly #plans = new BoundedCache<QueryPlan>(CACHED_PLANS);

  constructor(supergraph: LoadedSupergraph) {
    this.#supergraph = supergraph;
    this.#planner = new QueryPlanner(supergraph.supergraph);
  }

  /**
   * Planning is synchronous: a second request for the same operation cannot begin before the first plan is stored,
   * so each is planned once however many ask at the same time.
   * @throws FlowgridError `QUERY_TOO_COMPLEX` when planning would take too long.
   */
  plan({ key, document, operationName }: PlanRequest): QueryPlan {
    const cacheKey = `${operationName ?? ''}\n${key}`;
    const known = this.#plans.get(cacheKey);
    if (known) return known;
    const operation = operationFromDocument(this.#supergraph.apiSchema, document, {
      ...(operationName !== undefined && { operationName }),
      // The document was validated before; validating again would cost as much as planning.
      validate: false,
    });
    const plan = this.#build(operation);
    this.#plans.set(cacheKey, plan);
    return plan;
  }

  #build(operation: Operation): QueryPlan {
    try {
      return this.#planner.buildQueryPlan(operation);
    } catch (error) {
      // The planner bounds its own work, and says so in the message alone.
      if (!(error instanceof Error) || !TOO_COMPLEX.test(error.message)) throw error;
      throw new FlowgridError('QUERY_TOO_COMPLEX', 'The operation has too many ways to be answered.', {
        cause: error,
      });
    }
  }
}
