/** Forgets messages that were received so long ago that they cannot come again. */
import { repeatHourly, type Logger } from '@flowgrid/platform';
import type { TenantDatabase } from '../outbox/outbox-database.ts';

/** Longer than any dead letter is likely to wait for its replay. */
const KEPT_DAYS = 30;
const PAGE_ROWS = 1_000;
/** What is left is for the next time. */
const MAX_PAGES = 100;

export interface PurgeOptions {
  readonly database: Pick<TenantDatabase, 'withoutTenant'>;
  readonly logger: Logger;
}

/** Purges once; returns how many messages were forgotten. */
export async function purgeInbox(database: PurgeOptions['database']): Promise<number> {
  let total = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const [row] = await database.withoutTenant(
      async (client) =>
        await client.$queryRaw<{ count: number }[]>`
          SELECT purge_inbox_messages(${KEPT_DAYS}::integer, ${PAGE_ROWS}::integer) AS count`,
    );
    const count = row?.count ?? 0;
    total += count;
    if (count < PAGE_ROWS) break;
  }
  return total;
}

/** Disposing waits for a purge that is under way. */
export function purgeInboxPeriodically({ database, logger }: PurgeOptions): AsyncDisposable {
  return repeatHourly({
    work: async () => {
      const count = await purgeInbox(database);
      if (count > 0) logger.info({ count }, 'old messages were forgotten');
    },
    failure: 'the inbox could not be purged',
    logger,
  });
}
