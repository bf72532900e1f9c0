/** Writes events of design sessions with the design subgraph's own code, and knows when each was committed. */
import { openSharedState } from '@flowgrid/shared-state';
import { createLogger } from '@flowgrid/platform';
import { createAnnouncer } from '../../../subgraphs/design/src/announce.ts';
import { openDesignDatabase, type DesignDatabase } from '../../../subgraphs/design/src/database.ts';
import { lockSession, recordEvent } from '../../../subgraphs/design/src/modules/progress/event-store.ts';

export interface EventWriter {
  /** Writes the next event of a session and announces it; gives its sequence and the moment of its commit. */
  write(sessionId: string): Promise<{ readonly sequence: number; readonly writtenAt: number }>;
}

export interface WriterOptions {
  readonly url: string;
  readonly tenantId: string;
  /** Announces over Redis as the services under test do; else over PostgreSQL. */
  readonly redisUrl?: string | undefined;
}

export function openWriter(
  { url, tenantId, redisUrl }: WriterOptions,
  stack: AsyncDisposableStack,
): EventWriter {
  const logger = createLogger({ name: 'bench', level: 'warn' });
  const database = stack.use(openDesignDatabase(url, logger));
  const state = stack.use(openSharedState({ DATABASE_URL: url, REDIS_URL: redisUrl }, logger));
  const announcer = createAnnouncer(state.pubsub, logger);
  return {
    write: async (sessionId) => {
      const sequence = await writeNext(database, tenantId, sessionId);
      const writtenAt = performance.now();
      announcer.progress(sessionId);
      return { sequence, writtenAt };
    },
  };
}

function writeNext(database: DesignDatabase, tenantId: string, sessionId: string): Promise<number> {
  return database.inTenant(tenantId, async (tx) => {
    const session = await lockSession(tx, tenantId, sessionId);
    if (session === null) throw new Error('the session is there');
    const event = {
      attempt: 1,
      phase: 'ANALYSIS',
      state: 'RUNNING',
      percent: 10,
      message: 'Measured.',
      at: new Date(),
    } as const;
    const { lastSequence } = await recordEvent(tx, { tenantId, session, event });
    return lastSequence;
  });
}
