/** Everything that is done with ArchiMate models away from the thread that serves requests. */
import { MAX_FILE_BYTES, tooLarge } from '../read-archimate.ts';
import type { DrawInput } from '../drawing/draw-input.ts';
import { checkedFileSchema, deltaSchema, drawingSchema, readFileSchema } from './tasks.ts';
import type { ArchimateTask, CheckedFile, Drawing, ReadFile, StoredDelta } from './tasks.ts';
import { ThreadPool, type ThreadLimits } from './thread-pool.ts';

export type CompareInput = Omit<Extract<ArchimateTask, { kind: 'compare' }>, 'kind'>;

/** Every method throws `ArchimateRefusal`, or the signal's reason. */
export interface ArchimateWorkshop extends AsyncDisposable {
  check(file: Uint8Array | string, signal: AbortSignal): Promise<CheckedFile>;
  read(file: Uint8Array | string, signal: AbortSignal): Promise<ReadFile>;
  /** Both are exchange files that this service wrote. */
  compare(input: CompareInput, signal: AbortSignal): Promise<StoredDelta>;
  draw(input: DrawInput, signal: AbortSignal): Promise<Drawing>;
}

/** The caller disposes of it. */
export function createArchimateWorkshop(limits: Partial<ThreadLimits> = {}): ArchimateWorkshop {
  const pool = new ThreadPool(new URL('archimate-thread.ts', import.meta.url), limits);
  const run = (task: ArchimateTask, signal: AbortSignal): Promise<unknown> => pool.run(task, signal);
  return {
    check: async (file, signal) => {
      requireSmall(file);
      return checkedFileSchema.parse(await run({ kind: 'check', file }, signal));
    },
    read: async (file, signal) => {
      requireSmall(file);
      return readFileSchema.parse(await run({ kind: 'read', file }, signal));
    },
    compare: async (input, signal) => deltaSchema.parse(await run({ kind: 'compare', ...input }, signal)),
    draw: async (input, signal) => drawingSchema.parse(await run({ kind: 'draw', input }, signal)),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Before it is even copied to a thread. */
function requireSmall(file: Uint8Array | string): void {
  if (file.length > MAX_FILE_BYTES) throw tooLarge();
}
