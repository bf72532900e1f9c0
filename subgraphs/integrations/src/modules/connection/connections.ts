/** Work at connected systems. Whoever asks one of them anything does it through here. */
import { OutboundError, type OutboundFetch } from '@flowgrid/outbound';
import { FlowgridError, isId, type Logger } from '@flowgrid/platform';
import { ConnectorError } from '../../adapters/connector-error.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { openCredential } from '../credential/open-credential.ts';
import { SealError, type SecretBox } from '../credential/secret-box.ts';
import * as store from '../integration/integration-store.ts';
import { openConnection, type Connectors, type OpenedConnection } from './open-connection.ts';

export interface ConnectionsOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly connectors: Connectors;
  readonly fetch: OutboundFetch;
  readonly logger: Logger;
}

export class Connections {
  readonly #options: ConnectionsOptions;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /**
   * Opens the connection of an integration for one piece of work. No transaction is open meanwhile.
   * @returns null for an integration that the tenant does not have.
   * @throws ConnectorError or OutboundError whose message is for the tenant.
   */
  async use<Result>(
    whose: { readonly tenantId: string; readonly integrationId: string },
    work: (opened: OpenedConnection) => Promise<Result>,
  ): Promise<Result | null> {
    const { tenantId, integrationId } = whose;
    if (!isId(integrationId)) return null;
    const { database, secretBox, logger } = this.#options;
    const stored = await database.inTenant(tenantId, async (tx) => {
      // Locked: address and credential are read as they belong together.
      const integration = await store.findIntegrationForUpdate(tx, tenantId, integrationId);
      if (!integration) return null;
      return { integration, sealed: await store.listSealedFields(tx, { tenantId, integrationId }) };
    });
    if (stored === null) return null;
    const { id, baseUrl } = stored.integration;
    try {
      const credential = openCredential(await secretBox.unlock(tenantId), stored);
      return await work(openConnection(this.#options, { id, baseUrl, credential }));
    } catch (error) {
      // The cause is left out: it may carry headers and addresses.
      if (isConnectionFailure(error))
        logger.info({ integrationId, reason: error.message }, 'a system failed');
      if (!(error instanceof SealError)) throw error;
      logger.error({ integrationId, reason: error.message }, 'a stored credential does not open');
      throw new ConnectorError('The stored credential cannot be opened any more. Enter it again.');
    }
  }
}

/** True for what went wrong at the other end: its message is for the tenant, and it is no outage of this service. */
export function isConnectionFailure(error: unknown): error is ConnectorError | OutboundError {
  return error instanceof ConnectorError || error instanceof OutboundError;
}

/** What failed at the other end as the error `CONFLICT` of a field that somebody waits for. */
export async function orConflict<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw isConnectionFailure(error) ? new FlowgridError('CONFLICT', error.message) : error;
  }
}
