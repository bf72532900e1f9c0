/**
 * Threads that do one task at a time, within limits of time and memory. A thread that exceeds them is ended, and only its own
 * task fails; a hostile file can do no more.
 */
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { ArchimateRefusal } from '../xml/refusal.ts';
import type { RefusalCode } from '../xml/refusal.ts';

export interface ThreadLimits {
  readonly limitMs: number;
  /** Of a thread's heap, and of the buffers beside it. */
  readonly memoryMb: number;
  /** At once. */
  readonly threads: number;
  /** How many tasks may wait for a thread. */
  readonly waiting: number;
}

const DEFAULTS: ThreadLimits = { limitMs: 30_000, memoryMb: 512, threads: 1, waiting: 32 };
const STACK_MB = 4;
const WATCH_EVERY_MS = 50;
const MEGABYTE = 1024 * 1024;

const answerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('result'), result: z.unknown() }),
  z.object({ kind: z.literal('refusal'), code: z.custom<RefusalCode>(isString), message: z.string() }),
  z.object({ kind: z.literal('failure'), message: z.string() }),
]);

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

/** The caller disposes of it. Threads are started when there is work, and kept. */
export class ThreadPool implements AsyncDisposable {
  readonly #limits: ThreadLimits;
  readonly #module: URL;
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new AbortController();
  #running = 0;

  constructor(module: URL, limits: Partial<ThreadLimits> = {}) {
    this.#module = module;
    this.#limits = { ...DEFAULTS, ...limits };
  }

  /** @throws ArchimateRefusal when the task is refused or exceeds its limits; the signal's reason when it is given up. */
  async run(task: object, signal: AbortSignal): Promise<unknown> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    await this.#takeTurn(either);
    try {
      return await this.#perform(task, either);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ArchimateRefusal('TOO_BUSY', 'The service is stopping. Try again shortly.'));
    await Promise.all(this.#idle.splice(0).map((thread) => thread.terminate()));
  }

  async #takeTurn(signal: AbortSignal): Promise<void> {
    if (this.#running < this.#limits.threads) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#limits.waiting) {
      throw new ArchimateRefusal('TOO_BUSY', 'Too many models are being worked on. Try again shortly.');
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const take = (): void => {
      this.#running += 1;
      resolve();
    };
    const onAbort = (): void => {
      const place = this.#waiting.indexOf(take);
      if (place >= 0) this.#waiting.splice(place, 1);
      reject(signal.reason);
    };
    this.#waiting.push(take);
    signal.addEventListener('abort', onAbort, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  async #perform(task: object, signal: AbortSignal): Promise<unknown> {
    // It may have been given up while it waited.
    signal.throwIfAborted();
    const thread = this.#idle.pop() ?? this.#start();
    const answered = Promise.withResolvers<unknown>();
    const { reject } = answered;
    const onMessage = (message: unknown): void => settle(message, answered);
    const onError = (error: unknown): void => reject(toRefusal(error));
    const onExit = (): void => reject(new Error('A thread for ArchiMate models ended early.'));
    const onAbort = (): void => reject(signal.reason);
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => reject(tooSlow()), this.#limits.limitMs);
    const watch = setInterval(() => void this.#watchMemory(thread, reject), WATCH_EVERY_MS);
    let isIdle = false;
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
      thread.postMessage(task);
      const answer = answerSchema.parse(await answered.promise);
      isIdle = true;
      return resultOf(answer);
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      if (isIdle && !this.#closing.signal.aborted) this.#idle.push(thread);
      else await thread.terminate();
    }
  }

  #start(): Worker {
    const thread = new Worker(this.#module, {
      // It needs nothing of the process, secrets least of all.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMb, stackSizeMb: STACK_MB },
    });
    thread.unref();
    const forget = (): void => {
      const place = this.#idle.indexOf(thread);
      if (place >= 0) this.#idle.splice(place, 1);
    };
    // While it waits for work nobody else listens.
    thread.on('error', forget).on('exit', forget);
    return thread;
  }

  /** `resourceLimits` know nothing of buffers, which are where a bomb unpacks to. */
  async #watchMemory(thread: Worker, reject: (error: Error) => void): Promise<void> {
    try {
      const { external_memory: bytes } = await thread.getHeapStatistics();
      if (bytes > this.#limits.memoryMb * MEGABYTE) reject(tooMuchMemory());
    } catch {
      // The thread ended meanwhile; its end is noticed elsewhere.
    }
  }
}

function settle(message: unknown, answered: PromiseWithResolvers<unknown>): void {
  answered.resolve(message);
}

function resultOf(answer: z.output<typeof answerSchema>): unknown {
  switch (answer.kind) {
    case 'result':
      return answer.result;
    case 'refusal':
      throw new ArchimateRefusal(answer.code, answer.message);
    case 'failure':
      throw new Error(answer.message);
    default:
      return answer satisfies never;
  }
}

function toRefusal(error: unknown): unknown {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuchMemory() : error;
}

function tooSlow(): ArchimateRefusal {
  return new ArchimateRefusal('TOO_SLOW', 'Working on the model takes too long. Export a part of it.');
}

function tooMuchMemory(): ArchimateRefusal {
  return new ArchimateRefusal(
    'TOO_COMPLEX',
    'Working on the model needs too much memory. Export a part of it.',
  );
}
