/** What the owner and its watchdog say to each other: one JSON message a line. */
import { z } from 'zod';

const WatchedProcess = z.object({
  pid: z.int().positive(),
  /** What asks the process to end; what it does not obey within the grace time is killed. */
  signal: z.enum(['SIGTERM', 'SIGINT']),
  graceMs: z.number().positive(),
  /** Higher stages end first, and wholly, before lower ones. */
  stage: z.int(),
  isGroup: z.boolean(),
  removeDirectory: z.string().optional(),
});

const WatchdogMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('watch'), process: WatchedProcess }),
  z.object({ kind: z.literal('forget'), pid: z.int() }),
  // The owner was told to end at once: services are killed, and only PostgreSQL may finish writing.
  z.object({ kind: z.literal('hurry') }),
]);

export type WatchedProcess = z.infer<typeof WatchedProcess>;
export type WatchdogMessage = z.infer<typeof WatchdogMessage>;

export function parseWatchdogMessage(line: string): WatchdogMessage {
  return WatchdogMessage.parse(JSON.parse(line));
}
