/** A process that asks through the gate of a connection, as the service and its worker do. Its job is its argument; it prints what came of it. */
import { setTimeout as delay } from 'node:timers/promises';
import { createOutbound, parseAllowedHosts } from '@flowgrid/outbound';
import { OutsidePolicies, createLogger, createMetrics, systemClock as clock } from '@flowgrid/platform';
import { readGitHubLimits } from '../../../subgraphs/integrations/src/adapters/github/github-limits.ts';
import { openIntegrationsDatabase } from '../../../subgraphs/integrations/src/database.ts';
import { ConnectionPaused } from '../../../subgraphs/integrations/src/modules/connection/connection-paused.ts';
import { gatedFetch } from '../../../subgraphs/integrations/src/modules/connection/gated-fetch.ts';
import type { RequestLimits } from '../../../subgraphs/integrations/src/modules/connection/request-limits.ts';
import {
  createTurnStore,
  type ConnectionPlace,
} from '../../../subgraphs/integrations/src/modules/connection/turn-store.ts';

export interface GateJob {
  readonly databaseUrl: string;
  readonly host: string;
  readonly place: ConnectionPlace;
  readonly limits: RequestLimits;
  readonly leaseSeconds: number;
  /** Asked at the same time, again and again. */
  readonly loops: number;
  /** How often each asks. */
  readonly times: number;
  /** Whether a pause is waited for, or told and counted. */
  readonly waits: boolean;
}

export interface GateResult {
  readonly statuses: readonly number[];
  /** What was said instead of asking. */
  readonly pauses: readonly { readonly reason: string; readonly until: string }[];
}

async function run(job: GateJob): Promise<GateResult> {
  const logger = createLogger({ name: 'gate-process', level: 'silent' });
  await using database = openIntegrationsDatabase(job.databaseUrl);
  await using outbound = createOutbound({
    allowed: parseAllowedHosts(job.host) ?? [],
    policies: new OutsidePolicies({ logger, metrics: createMetrics('gate-process') }),
  });
  const fetch = gatedFetch(
    outbound.fetch,
    { turns: createTurnStore(database, job), clock, logger },
    { ...job.place, ...job, system: 'GitHub', readLimits: readGitHubLimits, priority: 'INTERACTIVE' },
  );
  const statuses: number[] = [];
  const pauses: { reason: string; until: string }[] = [];
  const ask = async (left: number): Promise<void> => {
    if (left === 0) return;
    try {
      const response = await fetch(`http://${job.host}/`);
      statuses.push(response.status);
      await ask(left - 1);
    } catch (error) {
      if (!(error instanceof ConnectionPaused)) throw error;
      pauses.push({ reason: error.reason, until: error.until.toISOString() });
      if (job.waits) await delay(Math.max(10, error.until.getTime() - Date.now()));
      await ask(job.waits ? left : left - 1);
    }
  };
  await Promise.all(Array.from({ length: job.loops }, () => ask(job.times)));
  return { statuses, pauses };
}

// The job is this test's own.
const job = JSON.parse(process.argv[2] ?? '') as GateJob;
process.stdout.write(`${JSON.stringify(await run(job))}\n`);
