/** Forgets what was sent longer ago than anybody repeats. */
import { repeatHourly, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';

const AGE_DAYS = 30;
const PAGE_SIZE = 1_000;

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
  for (;;) {
    const rows = await database.withoutTenant(
      (client) =>
        client.$queryRaw<{ count: number }[]>`
          SELECT purge_external_writes(${AGE_DAYS}::integer, ${PAGE_SIZE}::integer) AS count`,
    );
    if ((rows[0]?.count ?? 0) < PAGE_SIZE) return;
  }
}
