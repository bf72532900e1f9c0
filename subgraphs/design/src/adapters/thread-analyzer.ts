/** The local engine in a thread of its own: a long text holds up neither requests nor the renewal of leases. */
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { parseStoredModel } from '../modules/process-model/stored-model.ts';
import type { ProcessModel } from '../modules/process-model/process-model.ts';
import { AnalysisError, type Analyzer } from './analyzer.ts';

const LIMIT_MS = 60_000;
const MAX_WAITING = 32;

interface Waiting {
  readonly resolve: (model: ProcessModel) => void;
  readonly reject: (error: Error) => void;
}

const answerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model'), id: z.number(), model: z.unknown().transform(parseStoredModel) }),
  z.object({ kind: z.literal('error'), id: z.number(), message: z.string() }),
]);

/** Starts the thread with the first text. The caller disposes of it. */
export function createThreadAnalyzer(limitMs = LIMIT_MS): Analyzer {
  return new ThreadAnalyzer(limitMs);
}

class ThreadAnalyzer implements Analyzer {
  readonly #limitMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #lastId = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  async analyze(text: string, signal: AbortSignal): Promise<ProcessModel> {
    signal.throwIfAborted();
    if (this.#waiting.size >= MAX_WAITING) {
      throw new AnalysisError('TOO_BUSY', 'Too many texts are being analysed. Try again shortly.');
    }
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<ProcessModel>();
    this.#waiting.set(id, { resolve, reject });
    const onAbort = (): void => reject(signal.reason);
    const timer = setTimeout(() => this.#giveUp(), this.#limitMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
      this.#startedThread().postMessage({ id, text });
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopThread(new AnalysisError('FAILED', 'The analysis was stopped.'));
  }

  #startedThread(): Worker {
    if (this.#thread) return this.#thread;
    const thread = new Worker(new URL('analyzer-thread.ts', import.meta.url));
    thread.unref();
    thread.on('message', (message) => this.#settle(message));
    const onEnd = (error?: unknown): void => {
      if (this.#thread !== thread) return;
      this.#thread = null;
      this.#rejectAll(new AnalysisError('FAILED', 'The analysis ended early.', error));
    };
    thread.on('error', onEnd);
    thread.on('exit', () => onEnd());
    this.#thread = thread;
    return thread;
  }

  #settle(message: unknown): void {
    const answer = answerSchema.parse(message);
    const waiting = this.#waiting.get(answer.id);
    if (answer.kind === 'model') waiting?.resolve(answer.model);
    else waiting?.reject(new AnalysisError('FAILED', answer.message));
  }

  #giveUp(): void {
    const error = new AnalysisError('TOO_SLOW', 'The analysis takes too long. Shorten the description.');
    void this.#stopThread(error);
  }

  async #stopThread(error: AnalysisError): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    this.#rejectAll(error);
    await thread?.terminate();
  }

  #rejectAll(error: AnalysisError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
