/** What runs in a thread: one task after another. */
import { parentPort } from 'node:worker_threads';
import { ArchimateRefusal } from '../xml/refusal.ts';
import { performTask } from './perform-task.ts';
import { taskSchema } from './tasks.ts';

parentPort?.on('message', (message: unknown) => {
  void perform(message);
});

async function perform(message: unknown): Promise<void> {
  try {
    const result = await performTask(taskSchema.parse(message));
    answer({ kind: 'result', result });
  } catch (error) {
    if (error instanceof ArchimateRefusal)
      answer({ kind: 'refusal', code: error.code, message: error.message });
    // The asker logs it: it is a bug.
    else answer({ kind: 'failure', message: error instanceof Error ? String(error.stack) : String(error) });
  }
}

function answer(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message);
}
