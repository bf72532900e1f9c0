/** Forgets what happened at integrations longer ago than anybody resumes from. */
import { purgePages, repeatHourly, type Logger } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';

const AGE_DAYS = 7;

/** The caller disposes of it. */
export function startPurgingEvents({
  database,
  logger,
}: {
  readonly database: IntegrationsDatabase;
  readonly logger: Logger;
}): AsyncDisposable {
  return repeatHourly({
    work: () => purgeEvents(database),
    failure: 'former events of integrations could not be deleted',
    logger,
  });
}

export async function purgeEvents(database: IntegrationsDatabase): Promise<void> {
  await purgePages(async (count) => {
    const rows = await database.withoutTenant(
      (client) =>
        client.$queryRaw<{ count: number }[]>`
          SELECT purge_integration_events(${AGE_DAYS}::integer, ${count}::integer) AS count`,
    );
    return rows[0]?.count ?? 0;
  });
}
