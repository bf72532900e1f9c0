/** Deletes files that no design used within a day. */
import { repeatHourly, type Logger } from '@flowgrid/platform';
import type { DesignDatabase } from '../../database.ts';

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
  return repeatHourly({
    work: async () => {
      const count = await purgeUploads(database);
      if (count > 0) logger.info({ count }, 'unused files were deleted');
    },
    failure: 'unused files could not be deleted',
    logger,
  });
}
