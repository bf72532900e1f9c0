/** Forgets what was sent longer ago than anybody repeats. */
import { purgePages, repeatHourly, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';

const AGE_DAYS = 30;

/** The caller disposes of it. */
export function startPurgingWrites({
  database,
  logger,
}: {
  readonly database: IntegrationsDatabase;
  readonly logger: Logger;
}): AsyncDisposable {
  return repeatHourly({
    work: () => purgeWrites(database),
    failure: 'former records of what was sent to connected systems could not be deleted',
    logger,
  });
}

export async function purgeWrites(database: IntegrationsDatabase): Promise<void> {
  await purgePages(async (count) => {
    const rows = await database.withoutTenant(
      (client) =>
        client.$queryRaw<{ count: number }[]>`
          SELECT purge_external_writes(${AGE_DAYS}::integer, ${count}::integer) AS count`,
    );
    return rows[0]?.count ?? 0;
  });
}
