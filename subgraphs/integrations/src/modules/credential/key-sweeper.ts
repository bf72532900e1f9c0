/**
 * Follows the change of keys: data keys that a former key wrapped are wrapped again, what a former data key sealed is sealed
 * again, and a data key that nothing needs any more is deleted. All of it may be done twice, and by several at once.
 */
import { FlowgridError, repeatHourly, type Clock, type Logger } from '@flowgrid/platform';
import type { KeyEncryption } from '../../adapters/keys/key-encryption.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { sealingKey } from './data-key-ring.ts';
import * as store from './data-key-store.ts';
import { ACTIVE_AFTER_MS, type DataKeys } from './data-keys.ts';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts';
import { SealError, sealedEnvelopeSchema, type SecretPlace, type TenantSecrets } from './secret-box.ts';

export interface KeySweeperOptions {
  readonly database: IntegrationsDatabase;
  readonly dataKeys: DataKeys;
  readonly keys: KeyEncryption;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What was done, in numbers. */
export interface SweepReport {
  readonly rewrapped: number;
  readonly resealed: number;
  readonly retired: number;
  /** Secrets that do not open any more: they have to be entered again. */
  readonly unopened: number;
}

interface KeyPlace {
  readonly tenantId: string;
  readonly id: string;
}

const PAGE_SIZE = 500;
const NIL = '00000000-0000-0000-0000-000000000000';
const VAULT_TIMEOUT_MS = 8_000;
/** Since its successor seals: whatever was sealed by it has been committed long before. */
const RETIRED_AFTER_MS = ACTIVE_AFTER_MS;

export class KeySweeper {
  readonly #options: KeySweeperOptions;

  constructor(options: KeySweeperOptions) {
    this.#options = options;
  }

  /** Everything that there is to do, of all tenants. One that fails leaves the others alone. */
  async sweep(): Promise<SweepReport> {
    const rewrapped = await this.rewrapAll();
    const tenants = new Set<string>();
    for await (const { tenantId } of this.#toTend()) tenants.add(tenantId);
    for await (const { tenantId } of this.#formerCredentials()) tenants.add(tenantId);
    const reports: SweepReport[] = [{ rewrapped, resealed: 0, retired: 0, unopened: 0 }];
    for (const tenantId of tenants) {
      const report = await this.#orLogged(tenantId, () => this.sweepTenant(tenantId));
      if (report) reports.push(report);
    }
    return add(reports);
  }

  /** Wraps data keys, all or those of a tenant, by the key that wraps now. Returns how many. */
  async rewrapAll(onlyTenantId?: string): Promise<number> {
    let rewrapped = 0;
    for await (const { tenantId, id } of this.#toTend()) {
      if (onlyTenantId !== undefined && tenantId !== onlyTenantId) continue;
      const isDone = await this.#orLogged(tenantId, () => this.#options.dataKeys.rewrap(tenantId, id));
      if (isDone === true) rewrapped += 1;
    }
    return rewrapped;
  }

  /** Seals a tenant's secrets again by its present data key, and deletes those that nothing needs. */
  async sweepTenant(tenantId: string): Promise<SweepReport> {
    const { database, dataKeys, clock } = this.#options;
    const secrets = await dataKeys.unlock(tenantId);
    const rows = await database.readInTenant(tenantId, (tx) => store.listDataKeys(tx, tenantId));
    const current = sealingKey(rows, clock.now());
    if (current === null) return add([]);
    const sealed = [await this.#resealFormer(tenantId, secrets)];
    for (const column of SEALED_COLUMNS)
      sealed.push(await this.#resealColumn(tenantId, { column, keyId: current.id, secrets }));
    const retired = await this.#retire(tenantId, { rows, current });
    return add([...sealed, { rewrapped: 0, resealed: 0, retired, unopened: 0 }]);
  }

  async #resealFormer(tenantId: string, secrets: TenantSecrets): Promise<SweepReport> {
    const rows = await this.#options.database.readInTenant(tenantId, (tx) =>
      store.listFormerEnvelopes(tx, tenantId),
    );
    const column = { table: 'integration_credential', column: 'envelope' } as const;
    return this.#resealAll(tenantId, {
      column,
      secrets,
      sealed: rows.map(({ envelope, ...place }) => ({ envelope, place })),
    });
  }

  async #resealColumn(
    tenantId: string,
    of: { readonly column: SealedColumn; readonly keyId: string; readonly secrets: TenantSecrets },
  ): Promise<SweepReport> {
    const envelopes = await this.#options.database.readInTenant(tenantId, (tx) =>
      store.listEnvelopesOfOthers(tx, tenantId, of),
    );
    const sealed = envelopes.flatMap((envelope) => {
      const place = sealedEnvelopeSchema.safeParse(envelope);
      return place.success ? [{ envelope, place: place.data }] : [];
    });
    return this.#resealAll(tenantId, { ...of, sealed });
  }

  async #resealAll(
    tenantId: string,
    {
      column,
      secrets,
      sealed,
    }: {
      readonly column: SealedColumn;
      readonly secrets: TenantSecrets;
      readonly sealed: readonly { readonly place: SecretPlace; readonly envelope: unknown }[];
    },
  ): Promise<SweepReport> {
    let [resealed, unopened] = [0, 0];
    for (const { place, envelope: former } of sealed) {
      const envelope = this.#resealed(tenantId, { secrets, place, former });
      if (envelope === null) {
        unopened += 1;
        continue;
      }
      const isReplaced = await this.#options.database.inTenant(tenantId, (tx) =>
        store.replaceEnvelope(tx, tenantId, { column, former, envelope }),
      );
      if (isReplaced) resealed += 1;
    }
    return { rewrapped: 0, resealed, retired: 0, unopened };
  }

  /** Null for what does not open: nobody is helped by failing over it each time. */
  #resealed(
    tenantId: string,
    {
      secrets,
      place,
      former,
    }: { readonly secrets: TenantSecrets; readonly place: SecretPlace; readonly former: unknown },
  ): unknown {
    try {
      return secrets.seal(place, secrets.open(place, former));
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      const { owner, field } = place;
      this.#options.logger.warn(
        { tenantId, owner, field, reason: error.message },
        'a stored secret does not open',
      );
      return null;
    }
  }

  async #retire(
    tenantId: string,
    { rows, current }: { readonly rows: readonly store.DataKeyRow[]; readonly current: store.DataKeyRow },
  ): Promise<number> {
    const { database, clock } = this.#options;
    // A successor may be the answer to a lost key and seal here alone: time is counted from the newest that seals.
    if (clock.now().getTime() - current.activeAt.getTime() < RETIRED_AFTER_MS) return 0;
    const former = rows.filter(({ version }) => version < current.version);
    return database.inTenant(tenantId, async (tx) => {
      const unused: string[] = [];
      for (const { id } of former) {
        if (!(await store.isDataKeyUsed(tx, tenantId, id))) unused.push(id);
      }
      return unused.length === 0 ? 0 : store.deleteDataKeys(tx, tenantId, unused);
    });
  }

  async *#toTend(): AsyncGenerator<KeyPlace> {
    const { keys, database } = this.#options;
    const current = await keys.current(AbortSignal.timeout(VAULT_TIMEOUT_MS));
    yield* pages((after) =>
      database.withoutTenant((client) =>
        store.listDataKeysToTend(client, current, { after, pageSize: PAGE_SIZE }),
      ),
    );
  }

  #formerCredentials(): AsyncGenerator<KeyPlace> {
    return pages((after) =>
      this.#options.database.withoutTenant((client) =>
        store.listFormerCredentials(client, { after, pageSize: PAGE_SIZE }),
      ),
    );
  }

  async #orLogged<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      // The others do not wait for one tenant; the next sweep tries it again.
      const reason = error instanceof FlowgridError ? error.message : undefined;
      this.#options.logger.warn(
        { tenantId, ...(reason === undefined ? { err: error } : { reason }) },
        'the keys of a tenant could not be tended',
      );
      return null;
    }
  }
}

/** Sweeps once in an hour. The caller disposes of it. */
export function startKeySweeper(options: KeySweeperOptions): AsyncDisposable {
  const { logger } = options;
  const sweeper = new KeySweeper(options);
  return repeatHourly({
    work: async () => {
      const report = await sweeper.sweep();
      const isSomething = Object.values(report).some((count) => count > 0);
      if (isSomething) logger.info(report, 'keys of secrets were tended');
    },
    failure: 'keys of secrets could not be tended',
    logger,
  });
}

async function* pages(read: (after: KeyPlace) => Promise<readonly KeyPlace[]>): AsyncGenerator<KeyPlace> {
  let after: KeyPlace | undefined = { tenantId: NIL, id: NIL };
  while (after !== undefined) {
    const page: readonly KeyPlace[] = await read(after);
    yield* page;
    after = page.length < PAGE_SIZE ? undefined : page.at(-1);
  }
}

function add(reports: readonly SweepReport[]): SweepReport {
  const sum = (name: keyof SweepReport): number => reports.reduce((total, report) => total + report[name], 0);
  return {
    rewrapped: sum('rewrapped'),
    resealed: sum('resealed'),
    retired: sum('retired'),
    unopened: sum('unopened'),
  };
}
