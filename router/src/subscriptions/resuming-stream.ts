/** A stream that outlives restarts of its subgraph: nothing is lost and nothing comes twice. */
import { setTimeout as delay } from 'node:timers/promises';
import { FlowgridError } from '@flowgrid/platform';
import type { Resumption, StreamQuery } from './resume.ts';
import { UpstreamLost, type UpstreamClient, type UpstreamEvent, type UpstreamRequest } from './upstream.ts';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;
/** How long a subgraph may be away before its streams are given up. */
const ABSENCE_LIMIT_MS = 60_000;
/** A stream that was open for longer was no failed attempt. */
const SETTLED_MS = 10_000;

export interface ResumingStreamOptions {
  readonly client: UpstreamClient;
  readonly resumption: Resumption;
  readonly operationName: string | undefined;
  readonly token: UpstreamRequest['token'];
  readonly signal: AbortSignal;
}

/** @throws what `UpstreamClient.stream` throws, and `SERVICE_UNAVAILABLE` when a lost stream cannot be continued. */
export async function* resumingStream(
  options: ResumingStreamOptions,
): AsyncGenerator<UpstreamEvent, void, undefined> {
  const { client, resumption, operationName, token, signal } = options;
  const progress = new Progress(resumption);
  while (!signal.aborted) {
    const openedAt = performance.now();
    try {
      yield* newEvents(client.stream({ ...progress.query(), operationName, token, signal }), progress);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof UpstreamLost)) throw error;
      if (!progress.mayContinue(error, openedAt)) throw streamLost(error);
      await pause(progress.nextPause(), signal);
    }
  }
}

async function* newEvents(
  stream: AsyncIterable<UpstreamEvent>,
  progress: Progress,
): AsyncGenerator<UpstreamEvent, void, undefined> {
  for await (const event of stream) {
    if (progress.advance(event)) yield event;
  }
}

/** How far a stream came, and how long its subgraph is away. */
class Progress {
  readonly #resumption: Resumption;
  #last: number | null = null;
  #hasBegun = false;
  /** Null while the subgraph is there. */
  #lostAt: number | null = null;
  #attempts = 0;

  constructor(resumption: Resumption) {
    this.#resumption = resumption;
  }

  query(): StreamQuery {
    const { start, continueAfter } = this.#resumption;
    return this.#last === null || !continueAfter ? start : continueAfter(this.#last);
  }

  /** False for an event that was seen before. */
  advance(event: UpstreamEvent): boolean {
    this.#hasBegun = true;
    this.#isBack();
    const sequence = this.#resumption.sequenceOf(event);
    if (sequence === null) return true;
    if (this.#last !== null && sequence <= this.#last) return false;
    this.#last = sequence;
    return true;
  }

  mayContinue(loss: UpstreamLost, openedAt: number): boolean {
    const now = performance.now();
    if (!this.#resumption.continueAfter) return false;
    // A subscriber that was never connected learns at once that the subgraph is away.
    if (!this.#hasBegun && !loss.wasOpen) return false;
    this.#hasBegun = true;
    // A quiet stream shows by its age alone that the subgraph was there.
    if (loss.wasOpen && now - openedAt > SETTLED_MS) this.#isBack();
    this.#lostAt ??= now;
    return now - this.#lostAt <= ABSENCE_LIMIT_MS;
  }

  nextPause(): number {
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.#attempts, MAX_RETRY_MS);
    this.#attempts += 1;
    // Spread out, so that the streams of a restarted subgraph do not come back in one instant.
    return wait * (0.5 + Math.random() / 2);
  }

  #isBack(): void {
    this.#lostAt = null;
    this.#attempts = 0;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
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
