/** Pages of an agent's versions. Numbers have no gaps, so a page is known before it is read. */
import { z } from 'zod';
import { parsePage, toConnection, type Connection } from '@flowgrid/platform';
import type { Agent } from '../agent/agent.ts';
import type { AgentVersion, VersionKey } from './agent-version.ts';

const cursorSchema = z.object({ version: z.int().min(1) });

export interface AgentVersionPage extends Connection<AgentVersion> {
  readonly totalCount: number;
}

/** Latest first. The loader reads the versions of all agents of a request at once. */
export async function listVersionPage(
  agent: Agent,
  args: { first?: number | null | undefined; after?: string | null | undefined },
  loader: { load(key: VersionKey): Promise<AgentVersion | null> },
): Promise<AgentVersionPage> {
  const page = parsePage(args, cursorSchema);
  const highest = Math.min(agent.latestNumber, (page.after?.version ?? Infinity) - 1);
  const length = Math.max(0, Math.min(page.first + 1, highest));
  const keys = Array.from({ length }, (_, index) => ({ agentId: agent.id, number: highest - index }));
  const versions = await Promise.all(keys.map((key) => loader.load(key)));
  const existing = versions.filter((version) => version !== null);
  const connection = toConnection(existing, page, ({ number }) => ({ version: number }));
  return { ...connection, totalCount: agent.latestNumber };
}
