/** Deletes files that no design used within a day. */
import type { Logger } from '@flowgrid/platform';
import type { DesignDatabase } from '../../database.ts';

const EVERY_MS = 60 * 60 * 1000;
/** Replicas that were started together do not purge together. */
const FIRST_AFTER_MS = 60_000;
const PAGE_ROWS = 500;

/** Purges once, whichever tenants' they are; returns how many files were deleted. */
export async function purgeUploads(database: Pick<DesignDatabase, 'withoutTenant'>): Promise<number> {
  let total = 0;
  let count: number;
  do {
    const [row] = await database.withoutTenant(
      async (client) =>
        await client.$queryRaw<{ count: number }[]>`SELECT purge_uploads(${PAGE_ROWS}::integer) AS count`,
    );
    count = row?.count ?? 0;
    total += count;
  } while (count === PAGE_ROWS);
  return total;
}

/** Disposing waits for a purge that is under way. */
export function purgeUploadsPeriodically({
  database,
  logger,
}: {
  readonly database: Pick<DesignDatabase, 'withoutTenant'>;
  readonly logger: Logger;
}): AsyncDisposable {
  let running: Promise<void> = Promise.resolve();
  let isStopped = false;
  const run = async (): Promise<void> => {
    try {
      const count = await purgeUploads(database);
      if (count > 0) logger.info({ count }, 'unused files were deleted');
    } catch (error) {
      // The next time comes in an hour.
      logger.warn({ err: error }, 'unused files could not be deleted');
    }
  };
  const plan = (afterMs: number): NodeJS.Timeout =>
    setTimeout(() => {
      running = run().then(() => {
        if (!isStopped) timer = plan(EVERY_MS);
      });
    }, afterMs).unref();
  let timer = plan(FIRST_AFTER_MS * (1 + Math.random()));
  return {
    [Symbol.asyncDispose]: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
