/**
 * The data keys of tenants. They are made when a tenant is first asked for, wrapped by the key-encryption key, and
 * remembered unwrapped for minutes, in memory alone.
 */
import { randomBytes } from 'node:crypto';
import { FlowgridError, newId, type Clock, type Logger } from '@flowgrid/platform';
import { WrapError, type KeyEncryption } from '../../adapters/keys/key-encryption.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { createTenantSecrets, sealingKey, type RingKey } from './data-key-ring.ts';
import * as store from './data-key-store.ts';
import type { FormerEnvelopes } from './former-envelopes.ts';
import type { SecretBox, TenantSecrets } from './secret-box.ts';

export interface DataKeysOptions {
  readonly database: IntegrationsDatabase;
  readonly keys: KeyEncryption;
  readonly former: FormerEnvelopes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a key that was destroyed may still open secrets in a process that did not hear of it. */
export const REMEMBERED_MS = 5 * 60 * 1000;
/** A new key seals only when every process has read it: twice as long as they remember the former ones. */
export const ACTIVE_AFTER_MS = 2 * REMEMBERED_MS;
const MAX_TENANTS = 10_000;
const KEY_BYTES = 32;
const VAULT_TIMEOUT_MS = 8_000;
const MAX_ATTEMPTS = 3;

interface Remembered {
  readonly until: number;
  readonly ring: Promise<readonly RingKey[]>;
}

export class DataKeys implements SecretBox {
  readonly #options: DataKeysOptions;
  readonly #rings = new Map<string, Remembered>();

  constructor(options: DataKeysOptions) {
    this.#options = options;
  }

  async unlock(tenantId: string): Promise<TenantSecrets> {
    const { former, clock } = this.#options;
    const ring = await this.#ring(tenantId);
    return createTenantSecrets(tenantId, ring, {
      former,
      clock,
      onUnknownKey: () => this.forget(tenantId),
    });
  }

  /** The keys are read again when they are needed next. */
  forget(tenantId: string): void {
    this.#rings.delete(tenantId);
  }

  forgetAll(): void {
    this.#rings.clear();
  }

  /** Makes another data key, which seals from the moment on at which all processes know it. */
  async rotate(tenantId: string): Promise<store.DataKeyRow> {
    const { clock, database } = this.#options;
    const rows = await database.readInTenant(tenantId, (tx) => store.listDataKeys(tx, tenantId));
    const isFirst = rows.length === 0;
    const activeAt = new Date(clock.now().getTime() + (isFirst ? 0 : ACTIVE_AFTER_MS));
    const made = await this.#make(tenantId, { version: nextVersion(rows), activeAt });
    this.forget(tenantId);
    if (made === null) throw new FlowgridError('CONFLICT', 'Another data key was made at the same moment.');
    return made.row;
  }

  /** Wraps a data key by the key that wraps now. False when it was already, or cannot be unwrapped any more. */
  async rewrap(tenantId: string, id: string): Promise<boolean> {
    const { clock, database, keys } = this.#options;
    const rows = await database.readInTenant(tenantId, (tx) => store.listDataKeys(tx, tenantId));
    const former = rows.find((row) => row.id === id);
    if (!former || former.wrappedBy === (await this.#passing(keys.current(vaultSignal())))) return false;
    const key = await this.#unwrap(tenantId, former);
    if (key === null) return false;
    const wrapped = await this.#wrap(tenantId, { id, key: key.key });
    return database.inTenant(tenantId, (tx) =>
      store.replaceWrapping(tx, tenantId, { former, ...wrapped, wrappedAt: clock.now() }),
    );
  }

  #ring(tenantId: string): Promise<readonly RingKey[]> {
    const now = this.#options.clock.now().getTime();
    const known = this.#rings.get(tenantId);
    if (known && known.until > now) return known.ring;
    const remembered = { until: now + REMEMBERED_MS, ring: this.#read(tenantId) };
    this.#rings.delete(tenantId);
    this.#rings.set(tenantId, remembered);
    this.#dropOldest();
    remembered.ring.catch(() => {
      if (this.#rings.get(tenantId) === remembered) this.#rings.delete(tenantId);
    });
    return remembered.ring;
  }

  #dropOldest(): void {
    const [oldest] = this.#rings.keys();
    if (oldest !== undefined && this.#rings.size > MAX_TENANTS) this.#rings.delete(oldest);
  }

  async #read(tenantId: string): Promise<readonly RingKey[]> {
    const { database, clock } = this.#options;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const rows = await database.readInTenant(tenantId, (tx) => store.listDataKeys(tx, tenantId));
      const unwrapped = await Promise.all(rows.map((row) => this.#unwrap(tenantId, row)));
      const keys = unwrapped.filter((key) => key !== null);
      if (sealingKey(keys, clock.now()) !== null) return keys;
      // The first key of the tenant; or the key that wrapped the others is lost, and what is entered again needs a new one.
      const made = await this.#make(tenantId, { version: nextVersion(rows), activeAt: clock.now() });
      if (made !== null) return [...keys, made.key];
    }
    throw new FlowgridError('SERVICE_UNAVAILABLE', UNAVAILABLE);
  }

  /** Null when somebody else made this version. */
  async #make(
    tenantId: string,
    { version, activeAt }: { readonly version: number; readonly activeAt: Date },
  ): Promise<{ readonly row: store.DataKeyRow; readonly key: RingKey } | null> {
    const { database, clock } = this.#options;
    const key = { id: newId(), key: randomBytes(KEY_BYTES), version, activeAt };
    const wrapped = await this.#wrap(tenantId, key);
    const now = clock.now();
    const row = { id: key.id, version, activeAt, ...wrapped, createdAt: now };
    const isMade = await database.inTenant(tenantId, (tx) =>
      store.insertDataKey(tx, tenantId, { ...row, wrappedAt: now }),
    );
    return isMade ? { row, key } : null;
  }

  async #wrap(
    tenantId: string,
    { id, key }: { readonly id: string; readonly key: Buffer },
  ): Promise<Pick<store.DataKeyRow, 'wrappedKey' | 'wrappedBy'>> {
    const content = Buffer.concat([key, belonging(tenantId, id)]);
    const { wrapped, wrappedBy } = await this.#passing(this.#options.keys.wrap(content, vaultSignal()));
    return { wrappedKey: wrapped, wrappedBy };
  }

  /**
   * Null for a key that will not unwrap here again: what it sealed has to be entered again.
   * @throws FlowgridError `SERVICE_UNAVAILABLE` when it may unwrap later.
   */
  async #unwrap(tenantId: string, row: store.DataKeyRow): Promise<RingKey | null> {
    const { keys, logger } = this.#options;
    const { id, version, activeAt, wrappedKey: wrapped, wrappedBy } = row;
    try {
      const content = await keys.unwrap({ wrapped, wrappedBy }, vaultSignal());
      const isOwn = content.subarray(KEY_BYTES).equals(belonging(tenantId, id));
      if (!isOwn) throw new WrapError('the data key belongs elsewhere', { isPassing: false });
      return { id, version, activeAt, key: content.subarray(0, KEY_BYTES) };
    } catch (error) {
      if (!(error instanceof WrapError) || error.isPassing) throw toUnavailable(error);
      logger.error({ tenantId, dataKeyId: id, reason: error.message }, 'a data key does not unwrap');
      return null;
    }
  }

  async #passing<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof WrapError)
        this.#options.logger.error({ reason: error.message }, 'the key-encryption key cannot be used');
      throw toUnavailable(error);
    }
  }
}

const UNAVAILABLE = 'The keys of stored secrets cannot be had at the moment. Try again shortly.';

function toUnavailable(error: unknown): unknown {
  if (!(error instanceof WrapError)) return error;
  return new FlowgridError('SERVICE_UNAVAILABLE', UNAVAILABLE, { cause: error });
}

function vaultSignal(): AbortSignal {
  return AbortSignal.timeout(VAULT_TIMEOUT_MS);
}

function nextVersion(rows: readonly store.DataKeyRow[]): number {
  return Math.max(0, ...rows.map(({ version }) => version)) + 1;
}

/** Wrapped with the key, so that a wrapped key that is moved to another tenant's row is no key there. */
function belonging(tenantId: string, id: string): Buffer {
  return Buffer.from(`${tenantId}${id}`.replaceAll('-', ''), 'hex');
}
