/** Has registered hooks sent again what did not arrive, where the other system does not do that by itself. */
import { FlowgridError, type Logger } from '@flowgrid/platform';
import type { Connector } from '../../adapters/connector.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { isConnectionFailure, type Connections } from '../connection/connections.ts';
import { findHook } from './hook-store.ts';
import { claimRedeliveries, findRegistration, type RegistrationKey } from './registration-store.ts';

export interface RedeliveryServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly connections: Pick<Connections, 'use'>;
  readonly logger: Logger;
}

const EVERY_SECONDS = 600;
const AT_ONCE = 20;
const MAX_ROUNDS = 50;
const TIMEOUT_MS = 60_000;

export class RedeliveryService {
  readonly #options: RedeliveryServiceOptions;

  constructor(options: RedeliveryServiceOptions) {
    this.#options = options;
  }

  /** One after the other, because nobody waits. */
  async redeliverDue(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const keys = await claimRedeliveries(this.#options.database, EVERY_SECONDS, AT_ONCE);
      for (const key of keys) await this.#redeliver(key);
      if (keys.length < AT_ONCE) return;
    }
  }

  async #redeliver(key: RegistrationKey): Promise<void> {
    const { database, connections, logger } = this.#options;
    const { tenantId } = key;
    const found = await database.inTenant(tenantId, async (tx) => {
      const registration = await findRegistration(tx, key);
      const hook = registration && (await findHook(tx, { tenantId, id: registration.hookId }));
      return registration && hook && { registration, integrationId: hook.integrationId };
    });
    if (found === null || found.integrationId === null) return;
    const { registration, integrationId } = found;
    const { hookId, foreignId: id, scope, expiresAt } = registration;
    try {
      const count = await connections.use(
        { tenantId, integrationId },
        async ({ connector, connection }) => {
          const { webhooks }: Pick<Connector, 'capabilities' | 'webhooks'> = connector;
          const signal = AbortSignal.timeout(TIMEOUT_MS);
          return (await webhooks?.redeliver?.(connection, { id, scope, expiresAt }, signal)) ?? 0;
        },
        { priority: 'BACKGROUND' },
      );
      if (count !== null && count > 0)
        logger.info({ hookId, count }, 'messages that did not arrive are sent again');
    } catch (error) {
      // It is asked again when the time is over.
      if (!isConnectionFailure(error) && !(error instanceof FlowgridError)) throw error;
      logger.info({ hookId, reason: error.message }, 'what did not arrive could not be asked for');
    }
  }
}
