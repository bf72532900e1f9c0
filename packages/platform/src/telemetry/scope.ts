/**
 * What is known of the request or message that the current asynchronous context works for. It is for logs, traces and
 * calls that go on from here; what a viewer may do is never read from it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import type { Deadline } from './deadline.ts';

export interface Scope {
  readonly requestId: string | null;
  /** As it came from whoever asked, or a new one. */
  readonly traceparent: string;
  /** What is found out later: who asks, for what, and how it ended. */
  readonly facts: ScopeFacts;
  deadline: Deadline | null;
}

export interface ScopeFacts {
  tenantId?: string;
  actorId?: string;
  /** `query AgentList`, the type alone where it has no name. */
  operation?: string;
  /** `ok`, or the code of the first error. */
  outcome?: string;
}

const TRACEPARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}$/;

const scopes = new AsyncLocalStorage<Scope>();

/** Makes a scope; a `traceparent` that is none is replaced by a new one. */
export function createScope(from: { requestId: string | null; traceparent: unknown }): Scope {
  const { requestId, traceparent } = from;
  const isGiven = typeof traceparent === 'string' && TRACEPARENT.test(traceparent);
  return { requestId, traceparent: isGiven ? traceparent : newTraceparent(), facts: {}, deadline: null };
}

/** Runs `work`, and whatever it starts, in the scope. */
export function runInScope<Result>(scope: Scope, work: () => Result): Result {
  return scopes.run(scope, work);
}

/** The scope of the current asynchronous context, if there is one. */
export function currentScope(): Scope | undefined {
  return scopes.getStore();
}

/**
 * W3C trace context to send with calls and messages: the current span where traces are taken, else what came with the
 * request or message. Undefined outside of both.
 */
export function currentTraceparent(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return currentScope()?.traceparent;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** What every line of the log says of its request. */
export function logFacts(): Record<string, string> {
  const scope = currentScope();
  const [, traceId, spanId] = TRACEPARENT.exec(currentTraceparent() ?? '') ?? [];
  return {
    ...(scope && scope.requestId !== null && { requestId: scope.requestId }),
    ...(traceId !== undefined && spanId !== undefined && { traceId, spanId }),
    ...(scope?.facts.tenantId !== undefined && { tenantId: scope.facts.tenantId }),
    ...(scope?.facts.actorId !== undefined && { actorId: scope.facts.actorId }),
  };
}

function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
}
