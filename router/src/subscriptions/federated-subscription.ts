/** A subscription over several subgraphs: events come from their owner, the rest is fetched for each of them. */
import type { FetchNode, PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner';
import { FlowgridError, invariant } from '@flowgrid/platform';
import { GraphQLError, type ExecutionResult } from 'graphql';
import { deniedError, type Executor, type PreparedOperation } from '../gateway/executor.ts';
import type { OperationRequest, RouterContext } from '../gateway/request.ts';
import type { LoadedSupergraph } from '../gateway/supergraph.ts';
import type { RouterMetrics } from '../metrics.ts';
import { toResumption } from './resume.ts';
import { resumingStream } from './resuming-stream.ts';
import { UpstreamRefused, type UpstreamClient, type UpstreamEvent } from './upstream.ts';

/** Stands for the owning subgraph in the plan of one event; no subgraph can have this name. */
const EVENT_SERVICE = '(event)';

export interface FederatedSubscriptionOptions {
  readonly supergraph: LoadedSupergraph;
  readonly executor: Executor;
  readonly upstream: ReadonlyMap<string, UpstreamClient>;
  readonly metrics: RouterMetrics;
}

export interface SubscriptionSource {
  readonly request: OperationRequest;
  /** Context for one event: asks anew who the viewer is. Rejects when the token was revoked or has expired. */
  readonly contextForEvent: () => Promise<RouterContext>;
}

export type SubscriptionStart =
  | { readonly errors: readonly GraphQLError[] }
  | { readonly events: AsyncGenerator<ExecutionResult, void, undefined> };

export class FederatedSubscriptions {
  readonly #options: FederatedSubscriptionOptions;

  constructor(options: FederatedSubscriptionOptions) {
    this.#options = options;
  }

  /** Checks and plans; the events flow once the result is iterated, until `return` is called or the stream ends. */
  start(source: SubscriptionSource): SubscriptionStart {
    const { executor } = this.#options;
    const prepared = executor.prepare(source.request);
    if ('errors' in prepared) return prepared;
    if (prepared.denied.length > 0) {
      const { anonymous } = source.request.context.viewer;
      return { errors: prepared.denied.map((path) => deniedError(path, anonymous)) };
    }
    const node = prepared.plan?.node;
    invariant(node?.kind === 'Subscription', 'a subscription has a plan with a primary fetch');
    const stop = new AbortController();
    return { events: stoppable(this.#run(source, prepared, { node, signal: stop.signal }), stop) };
  }

  async *#run(
    source: SubscriptionSource,
    prepared: PreparedOperation,
    { node, signal }: { readonly node: SubscriptionNode; readonly signal: AbortSignal },
  ): AsyncGenerator<ExecutionResult, void, undefined> {
    const { primary } = node;
    const client = this.#options.upstream.get(primary.serviceName);
    invariant(client, `the subgraph ${primary.serviceName} is in the supergraph`);
    const plan = toEventPlan(node);
    const stream = resumingStream({
      client,
      resumption: toResumption(primary, this.#options.supergraph.fullSchema, source.request.variables),
      operationName: primary.operationName,
      token: async () => (await source.contextForEvent()).viewer.tokenFor(primary.serviceName),
      signal,
    });
    const noteEnd = this.#options.metrics.openSubscription();
    try {
      for await (const event of stream) yield await this.#answer(source, { ...prepared, plan }, event);
    } catch (error) {
      if (!(error instanceof UpstreamRefused)) throw error;
      await refuseTokenOf(source, error);
      yield { errors: error.errors };
    } finally {
      noteEnd();
    }
  }

  async #answer(
    source: SubscriptionSource,
    prepared: PreparedOperation,
    event: UpstreamEvent,
  ): Promise<ExecutionResult> {
    const context = await source.contextForEvent();
    this.#requireScopes(prepared, context);
    return this.#options.executor.execute(
      { ...prepared, request: { ...prepared.request, context } },
      {
        service: EVENT_SERVICE,
        answer: {
          ...(event.data && { data: event.data }),
          ...(event.errors && { errors: event.errors }),
        },
      },
    );
  }

  /** Permissions may have been taken away since the subscription began. */
  #requireScopes({ operation, request }: PreparedOperation, context: RouterContext): void {
    if (context.viewer.permissions === request.context.viewer.permissions) return;
    const denied = this.#options.executor.findDenied(request.document, operation, context.viewer);
    if (denied.length > 0) {
      throw new FlowgridError('FORBIDDEN', 'You no longer have the permission for this subscription.');
    }
  }
}

/** The viewer was accepted by auth, so a subgraph that refuses the context token is at odds with auth, not the viewer. */
async function refuseTokenOf(source: SubscriptionSource, refusal: UpstreamRefused): Promise<void> {
  if (!refusal.errors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')) return;
  const { onTokenRefused } = await source.contextForEvent();
  onTokenRefused();
  throw new FlowgridError(
    'SERVICE_UNAVAILABLE',
    'The service did not accept the subscription. Subscribe again.',
    {
      cause: refusal,
    },
  );
}

/** The plan of one event: the event stands for the primary fetch, then the rest as planned. */
function toEventPlan({ primary, rest }: SubscriptionNode): QueryPlan {
  const event: FetchNode = { ...primary, serviceName: EVENT_SERVICE };
  const nodes: PlanNode[] = rest ? [event, rest] : [event];
  return { kind: 'QueryPlan', node: { kind: 'Sequence', nodes } };
}

/** A generator that waits for an event cannot be returned from; aborting ends the wait first. */
function stoppable<Item>(
  generator: AsyncGenerator<Item, void, undefined>,
  stop: AbortController,
): AsyncGenerator<Item, void, undefined> {
  const events: AsyncGenerator<Item, void, undefined> = {
    next: () => generator.next(),
    return: (value) => {
      stop.abort();
      return generator.return(value);
    },
    throw: (error) => {
      stop.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]: () => events,
    [Symbol.asyncDispose]: async () => {
      await events.return();
    },
  };
  return events;
}
