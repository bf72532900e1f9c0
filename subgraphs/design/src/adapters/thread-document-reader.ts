/** Reads each document in a thread of its own, which ends with it: a hostile file takes nothing down but its own reading. */
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { parseStoredModel } from '../modules/process-model/stored-model.ts';
import { UPLOAD_KINDS, type UploadReading } from '../modules/intake/upload.ts';
import {
  DOCUMENT_PROBLEMS,
  DocumentError,
  type DocumentReader,
  type DocumentToRead,
} from './document-reader.ts';

export interface ReaderLimits {
  readonly limitMs: number;
  /** Of the thread's heap, and of the buffers beside it. */
  readonly memoryMb: number;
  /** At once; as many again as `waiting` may wait. */
  readonly threads: number;
  readonly waiting: number;
}

const DEFAULTS: ReaderLimits = { limitMs: 15_000, memoryMb: 384, threads: 2, waiting: 6 };
const STACK_MB = 4;
const WATCH_EVERY_MS = 25;
const MEGABYTE = 1024 * 1024;

const answerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('reading'),
    reading: z.object({
      kind: z.enum(UPLOAD_KINDS),
      mediaType: z.string(),
      text: z.string().nullable(),
      model: z.unknown().transform((model) => (model === null ? null : parseStoredModel(model))),
      warnings: z.array(z.string()),
    }),
  }),
  z.object({ kind: z.literal('problem'), problem: z.enum(DOCUMENT_PROBLEMS), message: z.string() }),
  z.object({ kind: z.literal('failure') }),
]);

/** The caller disposes of it. */
export function createThreadDocumentReader(limits: Partial<ReaderLimits> = {}): DocumentReader {
  return new ThreadDocumentReader({ ...DEFAULTS, ...limits });
}

class ThreadDocumentReader implements DocumentReader {
  readonly #limits: ReaderLimits;
  readonly #queue: (() => void)[] = [];
  readonly #closing = new AbortController();
  #running = 0;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  async read(document: DocumentToRead, signal: AbortSignal): Promise<UploadReading> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    await this.#takeTurn(either);
    try {
      return await readInThread(document, this.#limits, either);
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new DocumentError('TOO_BUSY', 'The service is stopping. Send the file again.'));
  }

  async #takeTurn(signal: AbortSignal): Promise<void> {
    if (this.#running >= this.#limits.threads) {
      if (this.#queue.length >= this.#limits.waiting) {
        throw new DocumentError('TOO_BUSY', 'Too many files are being read. Send the file again shortly.');
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = (): void => {
        const place = this.#queue.indexOf(resolve);
        if (place >= 0) this.#queue.splice(place, 1);
        reject(signal.reason);
      };
      this.#queue.push(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
      await promise.finally(() => signal.removeEventListener('abort', onAbort));
    }
    this.#running += 1;
  }
}

async function readInThread(
  document: DocumentToRead,
  limits: ReaderLimits,
  signal: AbortSignal,
): Promise<UploadReading> {
  // It may have been given up while it waited for its turn.
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<UploadReading>();
  const thread = new Worker(new URL('document-reader-thread.ts', import.meta.url), {
    // It needs nothing of the process, secrets least of all.
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, stackSizeMb: STACK_MB },
  });
  // Libraries write what they find in a broken file, which belongs in no log.
  thread.stdout.resume();
  thread.stderr.resume();
  thread.on('message', (message) => settle(message, resolve, reject));
  thread.on('error', (error) => reject(toProblem(error)));
  thread.on('exit', () => reject(damaged()));
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => reject(tooSlow()), limits.limitMs);
  const watch = setInterval(() => void watchMemory(thread, limits, reject), WATCH_EVERY_MS);
  try {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    thread.postMessage({ name: document.name, content: document.content });
    return await promise;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    await thread.terminate();
  }
}

/** `resourceLimits` know nothing of buffers, which are where a bomb unpacks to. */
async function watchMemory(
  thread: Worker,
  { memoryMb }: ReaderLimits,
  reject: (error: Error) => void,
): Promise<void> {
  try {
    const { external_memory: bytes } = await thread.getHeapStatistics();
    if (bytes > memoryMb * MEGABYTE) reject(tooMuchMemory());
  } catch {
    // The thread ended meanwhile; its end is noticed elsewhere.
  }
}

function settle(
  message: unknown,
  resolve: (reading: UploadReading) => void,
  reject: (error: Error) => void,
): void {
  const answer = answerSchema.safeParse(message);
  if (!answer.success || answer.data.kind === 'failure') reject(damaged());
  else if (answer.data.kind === 'problem') {
    reject(new DocumentError(answer.data.problem, answer.data.message));
  } else resolve(answer.data.reading);
}

function toProblem(error: unknown): DocumentError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuchMemory(error) : damaged(error);
}

function damaged(cause?: unknown): DocumentError {
  const message =
    'The file is damaged and cannot be read. Open it in the program that made it, and save it anew.';
  return new DocumentError('DAMAGED', message, cause);
}

function tooSlow(): DocumentError {
  const message =
    'Reading the file takes too long. Save it anew, or only the part that describes the process.';
  return new DocumentError('TOO_SLOW', message);
}

function tooMuchMemory(cause?: unknown): DocumentError {
  const message = 'Reading the file needs too much memory. Save only the part that describes the process.';
  return new DocumentError('TOO_MUCH_MEMORY', message, cause);
}
