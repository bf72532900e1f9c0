/** Ends a stream on which nothing arrives any more, one that takes too long, and one that nobody waits for. */

export interface StreamLimits {
  /** Without a byte for so long, the stream has stalled. */
  readonly stallMs: number;
  /** From the request to the last byte. */
  readonly totalMs: number;
}

export type StreamEnd = 'STALLED' | 'TOO_SLOW' | 'GIVEN_UP';

export interface StreamWatch extends Disposable {
  /** For the request: aborts the connection. */
  readonly signal: AbortSignal;
  /** Fetches under the watch: each byte of the answer counts as life, also those that an SDK keeps to itself (pings). */
  readonly fetch: typeof globalThis.fetch;
  /** Why it was ended from here; null when it was not. */
  readonly endedBy: StreamEnd | null;
}

export function watchStream(limits: StreamLimits, caller: AbortSignal): StreamWatch {
  const controller = new AbortController();
  let endedBy: StreamEnd | null = null;
  const end = (by: StreamEnd): void => {
    endedBy ??= by;
    controller.abort(new Error(`The stream was ended: ${by}`));
  };
  const giveUp = (): void => end('GIVEN_UP');
  const stall = setTimeout(() => end('STALLED'), limits.stallMs);
  const total = setTimeout(() => end('TOO_SLOW'), limits.totalMs);
  caller.addEventListener('abort', giveUp, { once: true });
  if (caller.aborted) giveUp();
  return {
    signal: controller.signal,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      stall.refresh();
      return response.body === null ? response : new Response(alive(response.body, stall), response);
    },
    get endedBy() {
      return endedBy;
    },
    [Symbol.dispose]: () => {
      clearTimeout(stall);
      clearTimeout(total);
      caller.removeEventListener('abort', giveUp);
    },
  };
}

function alive(body: ReadableStream<Uint8Array<ArrayBuffer>>, stall: NodeJS.Timeout): ReadableStream {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, sink) => {
        stall.refresh();
        sink.enqueue(chunk);
      },
    }),
  );
}
