/** What runs in the analysis thread: one text after another. */
import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { analyzeProcessText } from '../modules/process-model/analysis/analyze.ts';

const taskSchema = z.object({ id: z.number(), text: z.string() });

parentPort?.on('message', (message: unknown) => {
  const { id, text } = taskSchema.parse(message);
  try {
    answer({ kind: 'model', id, model: analyzeProcessText(text) });
  } catch (error) {
    // The thread lives on for the next text; the asker gets the reason.
    answer({ kind: 'error', id, message: error instanceof Error ? error.message : String(error) });
  }
});

function answer(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message);
}
