/** Tells those who watch integrations that something was recorded, after it is committed. */
import type { Logger } from '@flowgrid/platform';
import type { PubSub } from '@flowgrid/shared-state';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { recordedIn } from './event-store.ts';

/**
 * The same database, whose transactions announce the events that they recorded. Wrap it once, in main.ts: nobody who records
 * thinks of it. A lost announcement costs an interval: those who watch also read at intervals.
 */
export function withIntegrationEvents(
  database: IntegrationsDatabase,
  { pubsub, logger }: { readonly pubsub: PubSub; readonly logger: Logger },
): IntegrationsDatabase {
  const announce = (integrationId: string): void => {
    pubsub
      .publish('integration-events', integrationId)
      .catch((error: unknown) => logger.debug({ err: error, integrationId }, 'announcement was lost'));
  };
  return {
    ...database,
    inTenant: async <Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result> => {
      let about: ReadonlySet<string> = new Set();
      const result = await database.inTenant(tenantId, async (tx) => {
        const value = await work(tx);
        about = recordedIn(tx);
        return value;
      });
      for (const integrationId of about) announce(integrationId);
      return result;
    },
  };
}
