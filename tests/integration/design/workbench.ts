/** A worker's parts in this process, on a database of their own, so that a test decides what happens when. */
import { Client } from 'pg';
import { ROLE_PERMISSIONS, type Viewer } from '@flowgrid/access';
import { MemoryBroker, MemoryTransport } from '@flowgrid/messaging';
import { createMemoryPubSub } from '@flowgrid/shared-state';
import { createLogger, newId, systemClock } from '@flowgrid/platform';
import type { Analyzer } from '../../../subgraphs/design/src/adapters/analyzer.ts';
import { createAnnouncer } from '../../../subgraphs/design/src/announce.ts';
import { createLocalEngine } from '../../../subgraphs/design/src/engine/by-rules/local-engine.ts';
import type { DesignEngine } from '../../../subgraphs/design/src/engine/engine.ts';
import { openDesignDatabase } from '../../../subgraphs/design/src/database.ts';
import {
  createArchimateWorkshop,
  type ArchimateWorkshop,
} from '../../../subgraphs/design/src/modules/archimate/thread/archimate-workshop.ts';
import { claimJob, type ClaimedJob } from '../../../subgraphs/design/src/modules/job/job-store.ts';
import { analyzeProcessText } from '../../../subgraphs/design/src/modules/process-model/analysis/analyze.ts';
import { createProgressFeed } from '../../../subgraphs/design/src/modules/progress/progress-feed.ts';
import { createSessionService } from '../../../subgraphs/design/src/modules/session/session-service.ts';
import {
  startDesignWorker,
  type DesignWorkerOptions,
} from '../../../subgraphs/design/src/workers/design-worker.ts';
import { JobRecord } from '../../../subgraphs/design/src/workers/job-record.ts';
import type { PhaseTools } from '../../../subgraphs/design/src/workers/phase.ts';
import { createTestDatabase } from '../../testkit/database.ts';
import { until } from '../../testkit/wait.ts';
import { DESCRIPTION } from './design-service.ts';

/** Long enough for a job on a busy machine. */
const DESIGN_LIMIT_MS = 60_000;

export interface FakeTools extends PhaseTools {
  readonly calls: string[];
  /** Takes the place of the analysis. */
  analyze: Analyzer['analyze'];
}

function createFakeTools(archimate: ArchimateWorkshop): FakeTools {
  const calls: string[] = [];
  const never = (): Promise<never> => Promise.reject(new Error('a worker writes no agents'));
  const tools: FakeTools = {
    calls,
    analyze: async (text) => analyzeProcessText(text),
    agents: {
      find: async () => null,
      create: never,
      update: never,
    },
    knownAgents: {
      list: async () => {
        calls.push('known agents');
        return [];
      },
    },
    integrations: { listKinds: async () => ['JIRA'], readItem: async () => null },
    grants: {
      request: async ({ contextToken }) => {
        calls.push(`grant for ${contextToken}`);
        return 'token';
      },
    },
    collectSources: async ({ description }) => ({
      sourceText: description,
      sources: [{ kind: 'DESCRIPTION', name: 'Description', start: 0, end: description.length }],
      agents: [],
      model: null,
    }),
    engine: engineOf((text, signal) => {
      calls.push('analyze');
      return tools.analyze(text, signal);
    }),
    archimate,
    defaultModel: { provider: 'anthropic', name: 'model' },
  };
  return tools;
}

/** The local engine, with another analysis. */
function engineOf(analyze: Analyzer['analyze']): DesignEngine {
  return createLocalEngine({ analyze, [Symbol.asyncDispose]: async () => undefined });
}

export function withAnalysis(tools: PhaseTools, analyze: Analyzer['analyze']): PhaseTools {
  return { ...tools, engine: engineOf(analyze) };
}

export async function openWorkbench() {
  await using stack = new AsyncDisposableStack();
  const testDatabase = stack.use(await createTestDatabase());
  const logger = createLogger({ name: 'test', level: 'silent' });
  const database = stack.use(openDesignDatabase(testDatabase.url('flowgrid_design'), logger));
  const archimate = stack.use(createArchimateWorkshop({ limitMs: 60_000 }));
  const pubsub = stack.use(createMemoryPubSub());
  const transport = stack.use(new MemoryTransport(new MemoryBroker()));
  const superuser = new Client({ connectionString: testDatabase.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  const feed = stack.use(createProgressFeed({ database, pubsub, logger }));
  const announce = createAnnouncer(pubsub, logger);
  const options = { database, announce, clock: systemClock };
  const sessions = createSessionService(options);
  const viewer = viewerOf(newId());
  const request = { viewer, requestId: 'test' };
  const owned = stack.move();
  return {
    database,
    pubsub,
    transport,
    logger,
    feed,
    sessions,
    request,
    tools: createFakeTools(archimate),
    start: async (input: object = {}) =>
      (await sessions.start(request, { title: 'Claims', description: DESCRIPTION, ...input })).id,
    claim: async (): Promise<ClaimedJob> => {
      const job = await claimJob(database, 30);
      if (!job) throw new Error('nothing to claim');
      return job;
    },
    record: (job: ClaimedJob, sessionId: string) => new JobRecord(options, job, sessionId),
    startWorker: async (
      tools: PhaseTools,
      settings: Partial<
        Pick<
          DesignWorkerOptions,
          'database' | 'leaseSeconds' | 'pubsub' | 'transport' | 'pollMs' | 'concurrency'
        >
      > = {},
    ) =>
      startDesignWorker({
        ...options,
        transport,
        pubsub,
        logger,
        tools,
        concurrency: 2,
        leaseSeconds: 30,
        pollMs: 100,
        ...settings,
      }),
    /** As if the worker had not renewed its lease in time. */
    expireLeases: async () => {
      await superuser.query(`UPDATE design.design_job SET lease_expires_at = now() WHERE state = 'RUNNING'`);
    },
    /** Reads behind row level security. */
    rows: async (sql: string, values: readonly unknown[] = []) =>
      (await superuser.query<Record<string, unknown>>(sql, [...values])).rows,
    events: (id: string) => feed.list(request, id, 0),
    reaches: (id: string, state: string) =>
      until(
        `session is ${state}`,
        async () => {
          const session = (await sessions.findMany(request, [id])).get(id);
          return session?.state === state && session;
        },
        DESIGN_LIMIT_MS,
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function viewerOf(tenantId: string): Viewer & { kind: 'tenant' } {
  const userId = newId();
  return {
    kind: 'tenant',
    tenantId,
    actor: { kind: 'USER', id: userId, name: 'Erin', userId },
    permissions: new Set(ROLE_PERMISSIONS.EDITOR),
    sessionId: null,
    contextToken: `token of ${userId}`,
  };
}
