/** What the router knows of a client's operation while it runs it. */
import type { DocumentNode } from 'graphql';

/** Gives the viewer of a request; asked anew for each fetch, so that long streams never use an old token. */
export interface Viewer {
  readonly permissions: ReadonlySet<string>;
  readonly anonymous: boolean;
  /** Null for anonymous ones, and for a router without identity. */
  readonly tenantId: string | null;
  /** Context token for a subgraph; undefined when the router runs without identity. */
  tokenFor(subgraph: string): string | undefined;
}

/** Facts that go with every subgraph call of one operation. A type, because the executor wants an index signature. */
export type RouterContext = {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly clientAddress: string | null;
  readonly traceparent: string | null;
  /** Aborts the subgraph calls: the client went away. */
  readonly signal: AbortSignal;
  /** When the operation has to be answered, by `performance.now()`. */
  readonly deadlineAt: number;
  /** A subgraph did not accept the context token; the cached one is of no use. */
  readonly onTokenRefused: () => void;
};

export interface OperationRequest {
  /** Validated against the client schema. */
  readonly document: DocumentNode;
  /** SHA-256 of the source text. */
  readonly hash: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RouterContext;
}
