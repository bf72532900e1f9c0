/** Forgets what is older than anybody asks for. */
import type { IntegrationsDatabase } from '../../database.ts';

export const KEPT_DAYS = 30;
const PAGE_ROWS = 500;
/** What is left is for the next time. */
const MAX_PAGES = 200;

/** Purges messages with their deliveries and attempts, and what is left of deleted endpoints; returns how many rows. */
export async function purgeWebhooks(database: Pick<IntegrationsDatabase, 'withoutTenant'>): Promise<number> {
  let total = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const [row] = await database.withoutTenant(
      async (client) =>
        await client.$queryRaw<{ count: number }[]>`
          SELECT purge_webhooks(${KEPT_DAYS}::integer, ${PAGE_ROWS}::integer) AS count`,
    );
    const count = row?.count ?? 0;
    total += count;
    if (count < PAGE_ROWS) break;
  }
  return total;
}
