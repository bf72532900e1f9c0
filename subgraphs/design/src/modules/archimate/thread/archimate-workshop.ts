/** Everything that is done with ArchiMate models away from the thread that serves requests. */
import { MAX_FILE_BYTES, tooLarge } from '../read-archimate.ts';
import type { DrawInput } from '../drawing/draw-input.ts';
import { checkedFileSchema, drawingSchema, readFileSchema } from './tasks.ts';
import type { ArchimateTask, CheckedFile, Drawing, ReadFile } from './tasks.ts';
import { ThreadPool, type ThreadLimits } from './thread-pool.ts';

/** Every method throws `ArchimateRefusal`, or the signal's reason. */
export interface ArchimateWorkshop extends AsyncDisposable {
  check(file: Uint8Array | string, signal: AbortSignal): Promise<CheckedFile>;
  read(file: Uint8Array | string, signal: AbortSignal): Promise<ReadFile>;
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
    draw: async (input, signal) => drawingSchema.parse(await run({ kind: 'draw', input }, signal)),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Before it is even copied to a thread. */
function requireSmall(file: Uint8Array | string): void {
  if (file.length > MAX_FILE_BYTES) throw tooLarge();
}
