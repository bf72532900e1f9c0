/**
 * Outlives the process that started it just long enough to end what that process left running.
 *
 * Its standard input is a pipe from the owner. The operating system closes the pipe when the owner ends in any way,
 * SIGKILL included, and that is the sign to clean up.
 */
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { sendSignal, waitUntilGone } from '../process-table.ts';
import type { WatchedProcess } from './protocol.ts';
import { parseWatchdogMessage } from './protocol.ts';

const watched = new Map<number, WatchedProcess>();
let isHurried = false;

// The terminal sends Ctrl-C and hang-up to whole groups; the owner is the one to act on them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const message = parseWatchdogMessage(line);
  switch (message.kind) {
    case 'watch':
      watched.set(message.process.pid, message.process);
      break;
    case 'forget':
      watched.delete(message.pid);
      break;
    case 'hurry':
      isHurried = true;
      break;
  }
}

const stages = Map.groupBy(watched.values(), (entry) => entry.stage);
for (const stage of [...stages.keys()].toSorted((a, b) => b - a)) {
  await Promise.all((stages.get(stage) ?? []).map((entry) => end(entry)));
}
process.exit(0);

async function end(entry: WatchedProcess): Promise<void> {
  // A service is the leader of its own group, so that its children go with it; PostgreSQL ends its children itself.
  const target = entry.isGroup ? -entry.pid : entry.pid;
  sendSignal(target, isHurried && entry.isGroup ? 'SIGKILL' : entry.signal);
  if (!(await waitUntilGone(entry.pid, entry.graceMs))) sendSignal(target, 'SIGKILL');
  await waitUntilGone(entry.pid, entry.graceMs);
  if (entry.removeDirectory !== undefined) await rm(entry.removeDirectory, { recursive: true, force: true });
}
