/** A subscriber whose events a test can await. */
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GraphQLRequest } from './graphql.ts';
import { until } from './wait.ts';

export interface TestSubscription extends AsyncDisposable {
  /** Every payload so far, in the order of arrival. */
  readonly events: readonly {
    data?: unknown;
    errors?: readonly { message: string; extensions?: unknown }[] | undefined;
  }[];
  /** Settled when the server completed the operation, or with the reason of its end. */
  readonly ended: Promise<'completed' | { readonly code: number; readonly reason: string } | Error>;
  /** Waits for the first payload that fits. */
  next<Data>(what: string, fits: (data: Data) => boolean): Promise<Data>;
}

export interface SubscriptionOptions {
  /** The HTTP address of the GraphQL endpoint. */
  readonly url: string;
  readonly token?: string;
  /** A subgraph's socket is shared by many: each operation says itself whose it is. */
  readonly isSubgraph?: boolean;
  /** Tries again after a lost socket, as a client in production would. */
  readonly retryAttempts?: number;
}

/** Opens a socket of its own for one operation. */
export function subscribe(request: GraphQLRequest, options: SubscriptionOptions): TestSubscription {
  const client = openClient(options);
  const events: TestSubscription['events'][number][] = [];
  const ended = new Promise<Awaited<TestSubscription['ended']>>((resolve) => {
    client.subscribe(
      {
        query: request.query,
        variables: { ...request.variables },
        ...(options.isSubgraph === true && {
          extensions: { authorization: `Bearer ${options.token ?? ''}` },
        }),
      },
      {
        next: (payload) => events.push(payload),
        complete: () => resolve('completed'),
        error: (error) => resolve(toEnd(error)),
      },
    );
  });
  return {
    events,
    ended,
    next: (what, fits) =>
      until(what, () =>
        events.map(({ data }) => data as Parameters<typeof fits>[0]).find((data) => data && fits(data)),
      ),
    [Symbol.asyncDispose]: async () => {
      await client.dispose();
    },
  };
}

function openClient({ url, token, retryAttempts = 0 }: SubscriptionOptions): Client {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: token === undefined ? {} : { authorization: `Bearer ${token}` },
    retryAttempts,
    shouldRetry: () => retryAttempts > 0,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
  });
}

function toEnd(error: unknown): Awaited<TestSubscription['ended']> {
  if (typeof error === 'object' && error !== null && 'code' in error && 'reason' in error) {
    return { code: Number(error.code), reason: String(error.reason) };
  }
  if (error instanceof Error) return error;
  // A socket that never opened says why in an event.
  if (typeof error === 'object' && error !== null && 'error' in error && error.error instanceof Error) {
    return error.error;
  }
  return new Error(JSON.stringify(error));
}
