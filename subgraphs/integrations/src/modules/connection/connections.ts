/** Work at connected systems. Whoever asks one of them anything does it through here. */
import { OutboundError, type OutboundFetch } from '@flowgrid/outbound';
import { FlowgridError, isId, type Clock, type Logger } from '@flowgrid/platform';
import { ConnectorError } from '../../adapters/connector-error.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { openCredential, type SealedFields } from '../credential/open-credential.ts';
import { SealError, type SecretBox } from '../credential/secret-box.ts';
import * as store from '../integration/integration-store.ts';
import { findToken } from '../authorization/token-store.ts';
import type { SignIns } from '../authorization/sign-ins.ts';
import { SYSTEM_NAMES, type Integration } from '../integration/integration.ts';
import { ConnectionPaused } from './connection-paused.ts';
import { gatedFetch } from './gated-fetch.ts';
import { judgeHealth, type Observation } from './health.ts';
import { observedFetch } from './observed-fetch.ts';
import { openConnection, type Connectors, type OpenedConnection } from './open-connection.ts';
import { limitsOf } from './request-limits.ts';
import { changeStatusByUse } from './status-changes.ts';
import { createTurnStore, type Priority, type TurnStore } from './turn-store.ts';
import { READ_LIMITS } from './vendor-limits-of.ts';

export interface ConnectionsOptions {
  /** The one that hands on what is written in its transactions: health writes events. */
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly connectors: Connectors;
  readonly signIns: SignIns;
  readonly fetch: OutboundFetch;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface UseOptions {
  /**
   * INTERACTIVE, when nothing is said: whoever has to wait is told so within a second. BACKGROUND leaves something to those
   * who wait at a screen. TEST also asks a system that was left alone, and leaves the health of the connection to its caller.
   */
  readonly priority?: Priority;
}

/** An open connection, and the integration as it was when it was opened. */
export interface ConnectionInUse extends OpenedConnection {
  readonly integration: Integration;
}

interface Stored {
  readonly integration: Integration;
  readonly sealed: SealedFields;
  /** Where the vendor says that the API is; null for the base address. */
  readonly apiUrl: string | null;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #turns: TurnStore;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#turns = createTurnStore(options.database);
  }

  /**
   * Opens the connection of an integration for one piece of work. No transaction is open meanwhile.
   * @returns null for an integration that the tenant does not have.
   * @throws ConnectionPaused when it has to wait: nothing more was sent, and background work is put back until then;
   * ConnectorError or OutboundError for what else went wrong. Their messages are for the tenant.
   */
  async use<Result>(
    whose: { readonly tenantId: string; readonly integrationId: string },
    work: (opened: ConnectionInUse) => Promise<Result>,
    { priority = 'INTERACTIVE' }: UseOptions = {},
  ): Promise<Result | null> {
    const { tenantId, integrationId } = whose;
    if (!isId(integrationId)) return null;
    const { database, secretBox, logger } = this.#options;
    const stored = await database.inTenant(tenantId, async (tx) => {
      // Locked: address and credential are read as they belong together.
      const integration = await store.findIntegrationForUpdate(tx, tenantId, integrationId);
      if (!integration) return null;
      const place = { tenantId, integrationId };
      const token = await findToken(tx, place);
      // That of a former credential stays until it is looked after: another one is never sent to its address.
      const isPresent = token?.connectionRevision === integration.connectionRevision;
      const apiUrl = isPresent ? token.apiUrl : null;
      return { integration, sealed: await store.listSealedFields(tx, place), apiUrl };
    });
    if (stored === null) return null;
    // Clients of other systems wrap what their requests throw: a pause, or a database that is away, is told as what it is.
    let stopped: Error | null = null;
    const onStopped = (reason: Error): void => {
      stopped = reason;
    };
    try {
      const secrets = await secretBox.unlock(tenantId);
      return await work(this.#open(stored, { tenantId, priority, secrets, onStopped }));
    } catch (error) {
      const failure = stopped ?? error;
      // The cause is left out: it may carry headers and addresses.
      if (isConnectionFailure(failure))
        logger.info({ integrationId, reason: failure.message }, 'a system failed');
      if (!(failure instanceof SealError)) throw failure;
      logger.error({ integrationId, reason: failure.message }, 'a stored credential does not open');
      throw new ConnectorError('The stored credential cannot be opened any more. Enter it again.');
    }
  }

  #open(
    stored: Stored,
    how: {
      readonly tenantId: string;
      readonly priority: Priority;
      readonly secrets: Awaited<ReturnType<SecretBox['unlock']>>;
      readonly onStopped: (reason: Error) => void;
    },
  ): ConnectionInUse {
    const { connectors, signIns, fetch, clock, logger } = this.#options;
    const { tenantId, priority, secrets, onStopped } = how;
    const { integration } = stored;
    const { id, kind, baseUrl, connectionRevision, requestsPerMinute } = integration;
    const place = { tenantId, integrationId: id, connectionRevision };
    const system = SYSTEM_NAMES[kind];
    const credential = openCredential(secrets, stored);
    const ended = new WeakMap<object, Observation>();
    let last: Observation | undefined;
    const opened = openConnection(
      {
        connectors,
        fetch,
        signIn: (gated) => signIns.open(gated, { ...place, baseUrl, credential }),
        gate: (ungated) =>
          gatedFetch(
            ungated,
            { turns: this.#turns, clock, logger },
            {
              ...place,
              system,
              limits: limitsOf(kind, requestsPerMinute),
              readLimits: READ_LIMITS[kind],
              priority,
              onEnd: (tried, observation) => {
                ended.set(tried, observation);
                last = observation;
              },
            },
          ),
        observe: (signed) =>
          observedFetch(signed, {
            find: (tried) => ended.get(tried),
            last: () => last,
            observe: (observation) =>
              priority === 'TEST' ? Promise.resolve() : this.#observe(place, system, observation),
            onStopped,
          }),
      },
      { id, baseUrl, apiUrl: stored.apiUrl, credential },
    );
    return { ...opened, integration };
  }

  /** What a request showed is written when it changes the status. That it could not be written does not undo the request. */
  async #observe(
    place: Parameters<typeof changeStatusByUse>[1],
    system: string,
    observation: Observation,
  ): Promise<void> {
    const { clock, logger } = this.#options;
    const health = judgeHealth(system, observation, clock.now());
    if (health === null) return;
    const { integrationId } = place;
    try {
      const changed = await changeStatusByUse(this.#options, place, health);
      if (changed !== null) logger.info({ integrationId, ...health }, 'the status of a connection changed');
    } catch (error) {
      logger.warn({ err: error, integrationId }, 'the status of a connection could not be written');
    }
  }
}

/** True for what went wrong at the other end: its message is for the tenant, and it is no outage of this service. */
export function isConnectionFailure(error: unknown): error is ConnectorError | OutboundError {
  return error instanceof ConnectorError || error instanceof OutboundError;
}

/**
 * What failed at the other end, for a field that somebody waits for: `RATE_LIMITED` when the connection has to wait, else
 * `CONFLICT`.
 */
export async function orConflict<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!isConnectionFailure(error)) throw error;
    throw new FlowgridError(error instanceof ConnectionPaused ? 'RATE_LIMITED' : 'CONFLICT', error.message);
  }
}
