/** What operators do with the keys of tenants: by a command on the machine, never by the API. */
import { auditRecord } from '@flowgrid/access';
import { toEnvelope, writeEvents } from '@flowgrid/messaging';
import type { Clock, Logger } from '@flowgrid/platform';
import type { PubSub } from '@flowgrid/shared-state';
import type { KeyEncryption } from '../../adapters/keys/key-encryption.ts';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import * as store from './data-key-store.ts';
import type { DataKeys } from './data-keys.ts';

export interface KeyAdministrationOptions {
  readonly database: IntegrationsDatabase;
  readonly dataKeys: DataKeys;
  readonly keys: KeyEncryption;
  readonly pubsub: Pick<PubSub, 'publish'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface KeyStatus {
  /** The key that wraps now. */
  readonly current: string;
  readonly measure: store.DataKeyMeasure;
}

const OPERATOR = { kind: 'SYSTEM', id: 'credentials', name: 'Operator', userId: null } as const;
const VAULT_TIMEOUT_MS = 8_000;

export class KeyAdministration {
  readonly #options: KeyAdministrationOptions;

  constructor(options: KeyAdministrationOptions) {
    this.#options = options;
  }

  async status(): Promise<KeyStatus> {
    const { database, keys } = this.#options;
    const current = await keys.current(AbortSignal.timeout(VAULT_TIMEOUT_MS));
    return {
      current,
      measure: await database.withoutTenant((client) => store.measureDataKeys(client, current)),
    };
  }

  async list(tenantId: string): Promise<readonly store.DataKeyRow[]> {
    return this.#options.database.readInTenant(tenantId, (tx) => store.listDataKeys(tx, tenantId));
  }

  /** @throws FlowgridError `CONFLICT` when another one was made at the same moment. */
  async rotate(tenantId: string): Promise<store.DataKeyRow> {
    const { database, dataKeys } = this.#options;
    const made = await dataKeys.rotate(tenantId);
    const { version } = made;
    const activeAt = made.activeAt.toISOString();
    await database.inTenant(tenantId, async (tx) => {
      const type = 'integration.keys.rotated';
      const change = await this.#audit(tx, tenantId, { action: type, changes: { version, activeAt } });
      await writeEvents(tx, [toEnvelope(type, { change, data: { version, activeAt } })]);
    });
    await this.#announce(tenantId);
    return made;
  }

  /**
   * Deletes the data keys of a tenant: whatever they sealed, in the tables and in every copy of them, never opens again.
   * Processes that hear the announcement forget the keys at once, the others when they have remembered them for minutes.
   */
  async destroy(tenantId: string): Promise<number> {
    const deleted = await this.#options.database.inTenant(tenantId, async (tx) => {
      const dataKeys = await store.deleteDataKeys(tx, tenantId);
      // Those that the sweeper has not come to yet are sealed by a key of all tenants, which stays.
      await store.destroyFormerEnvelopes(tx, tenantId);
      const type = 'integration.secrets.destroyed';
      const change = await this.#audit(tx, tenantId, { action: type, changes: { dataKeys } });
      await writeEvents(tx, [toEnvelope(type, { change, data: { dataKeys } })]);
      return dataKeys;
    });
    this.#options.dataKeys.forget(tenantId);
    await this.#announce(tenantId);
    return deleted;
  }

  async #audit(
    tx: Tx,
    tenantId: string,
    {
      action,
      changes,
    }: { readonly action: string; readonly changes: Readonly<Record<string, string | number>> },
  ): Promise<ReturnType<typeof auditRecord>> {
    const record = auditRecord(
      { viewer: { tenantId, actor: OPERATOR }, requestId: null, clock: this.#options.clock },
      { action, resourceType: 'integration', resourceId: tenantId, changes },
    );
    await tx.auditEvent.create({ data: record });
    return record;
  }

  async #announce(tenantId: string): Promise<void> {
    try {
      await this.#options.pubsub.publish('data-keys', tenantId);
    } catch (error) {
      // It is done; other processes learn of it when they read the keys again.
      this.#options.logger.warn({ err: error }, 'changed data keys could not be announced');
    }
  }
}
