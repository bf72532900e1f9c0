/** What runs in the thread that reads one document. */
import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { readDocument } from '../modules/intake/reading/read-document.ts';
import { DocumentError } from './document-reader.ts';

const taskSchema = z.object({ name: z.string(), content: z.instanceof(Uint8Array) });

parentPort?.once('message', (message: unknown) => {
  const run = async (): Promise<object> => {
    try {
      return { kind: 'reading', reading: await readDocument(taskSchema.parse(message)) };
    } catch (error) {
      // Libraries fail in many ways at a broken file; what they say may quote it, and stays here.
      if (!(error instanceof DocumentError)) return { kind: 'failure' };
      return { kind: 'problem', problem: error.problem, message: error.message };
    }
  };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  void run().then((answer) => parentPort?.postMessage(answer));
});
