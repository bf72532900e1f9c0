/** Spans: who worked on what for how long. They cost next to nothing until `startTelemetry` has been called. */
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  propagation,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { createScope, runInScope } from './scope.ts';

const TRACER = 'flowgrid';

export interface SpanOptions {
  readonly kind?: 'internal' | 'client' | 'server' | 'producer' | 'consumer';
  readonly attributes?: Attributes;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Runs `work` as a span of the current trace; it ends, marked as failed where `work` throws, when `work` settles. */
export async function inSpan<Result>(
  name: string,
  work: () => Promise<Result>,
  options: SpanOptions = {},
): Promise<Result> {
  return await runAsSpan(startSpan(name, context.active(), options), context.active(), work);
}

/**
 * Runs the handling of a message as part of the trace in which it was sent. Lines of the log say the same trace, and so
 * does what is sent on from here.
 */
export async function continueTrace<Result>(
  from: { readonly name: string; readonly traceparent: string | undefined },
  work: () => Promise<Result>,
  options: SpanOptions = { kind: 'consumer' },
): Promise<Result> {
  const scope = createScope({ requestId: null, traceparent: from.traceparent });
  const parent = remoteParent({ traceparent: from.traceparent });
  const span = startSpan(from.name, parent, options);
  return await runInScope(scope, () => runAsSpan(span, parent, work));
}

/** The context of a caller, by its headers. */
export function remoteParent(headers: Readonly<Record<string, unknown>>): Context {
  return propagation.extract(ROOT_CONTEXT, headers);
}

export function startSpan(name: string, parent: Context, { kind, attributes }: SpanOptions): Span {
  return trace
    .getTracer(TRACER)
    .startSpan(name, { kind: KINDS[kind ?? 'internal'], ...(attributes && { attributes }) }, parent);
}

async function runAsSpan<Result>(span: Span, parent: Context, work: () => Promise<Result>): Promise<Result> {
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    markFailed(span, error instanceof Error ? error.name : 'error');
    throw error;
  } finally {
    span.end();
  }
}

/** The reason is a name or a code: messages may quote what must not leave the process. */
export function markFailed(span: Span, reason: string): void {
  span.setAttribute('error.type', reason);
  span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
}
