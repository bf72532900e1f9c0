/** A stream that outlives restarts of its subgraph: nothing is lost and nothing comes twice. */
import { setTimeout as delay } from 'node:timers/promises';
import { FlowgridError } from '@flowgrid/platform';
import type { Resumption, StreamQuery } from './resume.ts';
import { UpstreamLost, type UpstreamClient, type UpstreamEvent, type UpstreamRequest } from './upstream.ts';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;
/** How long a subgraph may be away before its streams are given up. */
const ABSENCE_LIMIT_MS = 60_000;

export interface ResumingStreamOptions {
  readonly client: UpstreamClient;
  readonly resumption: Resumption;
  readonly operationName: string | undefined;
  readonly token: UpstreamRequest['token'];
  readonly signal: AbortSignal;
}

interface Progress {
  last: number | null;
  /** Since when the subgraph is away; null while events or a connection are there. */
  lostAt: number | null;
  attempts: number;
}

/** @throws what `UpstreamClient.stream` throws, and `SERVICE_UNAVAILABLE` when a lost stream cannot be continued. */
export async function* resumingStream(
  options: ResumingStreamOptions,
): AsyncGenerator<UpstreamEvent, void, undefined> {
  const { client, resumption, operationName, token, signal } = options;
  const progress: Progress = { last: null, lostAt: null, attempts: 0 };
  let isFirst = true;
  while (!signal.aborted) {
    try {
      const stream = client.stream({ ...queryFrom(resumption, progress.last), operationName, token, signal });
      for await (const event of stream) {
        isFirst = false;
        progress.lostAt = null;
        progress.attempts = 0;
        const sequence = resumption.sequenceOf(event);
        if (sequence !== null && progress.last !== null && sequence <= progress.last) continue;
        progress.last = sequence ?? progress.last;
        yield event;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof UpstreamLost)) throw error;
      const neverOpened = isFirst && !error.wasOpen;
      if (neverOpened || !resumption.continueAfter || isGivenUp(progress)) throw streamLost(error);
      isFirst = false;
      await pause(progress, signal);
    }
  }
}

function queryFrom(resumption: Resumption, last: number | null): StreamQuery {
  return last === null || !resumption.continueAfter ? resumption.start : resumption.continueAfter(last);
}

function isGivenUp(progress: Progress): boolean {
  progress.lostAt ??= performance.now();
  return performance.now() - progress.lostAt > ABSENCE_LIMIT_MS;
}

async function pause(progress: Progress, signal: AbortSignal): Promise<void> {
  const wait = Math.min(FIRST_RETRY_MS * 2 ** progress.attempts, MAX_RETRY_MS);
  progress.attempts += 1;
  // Spread out, so that the streams of a restarted subgraph do not come back in one instant.
  const spread = wait * (0.5 + Math.random() / 2);
  try {
    await delay(spread, undefined, { signal });
  } catch (error) {
    // The subscriber left while waiting; the loop ends by itself.
    if (!signal.aborted) throw error;
  }
}

function streamLost(cause: unknown): FlowgridError {
  return new FlowgridError(
    'SERVICE_UNAVAILABLE',
    'The service that sends these events is not available. Subscribe again.',
    { cause },
  );
}
