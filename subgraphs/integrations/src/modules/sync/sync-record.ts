/** What a worker writes of a sync that it has claimed: each page with its items, its events and the cursor in one transaction. */
import type { Actor } from '@flowgrid/access';
import type { Clock } from '@flowgrid/platform';
import type { SyncPage, ExternalItem } from '../../adapters/external-item.ts';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { saveItems } from '../external-item/external-item-store.ts';
import { writeItemChanges, type ChangedItem } from '../external-item/item-changes.ts';
import { recordIntegrationEvent } from '../integration-event/event-store.ts';
import { findIntegrationForUpdate } from '../integration/integration-store.ts';
import { recordChange } from '../integration/record-change.ts';
import * as store from './sync-store.ts';
import type { Sync, SyncClaim } from './sync.ts';

export interface SyncRecordOptions {
  /** Hands on what is written in its transactions: events, and what people watch. */
  readonly database: Pick<IntegrationsDatabase, 'inTenant'>;
  readonly clock: Clock;
  readonly leaseSeconds: number;
}

const ACTOR: Actor = { kind: 'SYSTEM', id: 'integrations', name: 'Flowgrid', userId: null };

export class SyncRecord {
  readonly #options: SyncRecordOptions;
  readonly #claim: SyncClaim;
  readonly #integrationId: string;

  constructor(options: SyncRecordOptions, claim: SyncClaim, integrationId: string) {
    this.#options = options;
    this.#claim = claim;
    this.#integrationId = integrationId;
  }

  /** @throws SyncLost when the claim is over; then nothing is written. */
  async writePage(page: SyncPage): Promise<void> {
    const { leaseSeconds } = this.#options;
    await this.#inClaim(async (tx, sync) => {
      const changed = await this.#save(tx, page.items);
      const [created, updated] = [countOf(changed, 'CREATED'), countOf(changed, 'UPDATED')];
      const { cursor } = page;
      await store.writeProgress(tx, this.#claim, {
        cursor,
        read: page.items.length,
        created,
        updated,
        leaseSeconds,
      });
      // Of the first time everything is new: that is no news.
      if (sync.completedAt !== null) await this.#tellOfItems(tx, changed);
      if (page.hasMore) return;
      await store.finishRun(tx, this.#claim);
      const total = { created: sync.itemsCreated + created, updated: sync.itemsUpdated + updated };
      await this.#tellOfEnd(tx, { ...sync, itemsRead: sync.itemsRead + page.items.length }, total);
    });
  }

  /** Tried again later, from the cursor on. The first failure in a row is told of. */
  async fail(message: string): Promise<void> {
    const { clock } = this.#options;
    const { tenantId } = this.#claim;
    const integrationId = this.#integrationId;
    await this.#options.database.inTenant(tenantId, async (tx) => {
      const integration = await findIntegrationForUpdate(tx, tenantId, integrationId);
      const sync = await store.lockClaim(tx, this.#claim, integrationId);
      const { id, scope, everyMinutes, failures } = sync;
      await store.failRun(tx, this.#claim, { message, retryMinutes: retryMinutes(sync) });
      if (integration === null || failures > 0) return;
      const by = { viewer: { tenantId, actor: ACTOR }, requestId: null, clock };
      await recordChange(tx, by, {
        type: 'integration.sync_failed',
        integration,
        changes: { syncId: id, scope, message },
        toData: (snapshot) => ({ integration: snapshot, sync: { id, scope, everyMinutes }, message }),
      });
      const at = clock.now();
      await recordIntegrationEvent(tx, { tenantId, integrationId, kind: 'SYNC_FAILED', message, at });
    });
  }

  /** To go on after a while, by whichever worker. */
  async release(waitMs: number): Promise<void> {
    await this.#options.database.inTenant(this.#claim.tenantId, (tx) =>
      store.releaseRun(tx, this.#claim, waitMs),
    );
  }

  #inClaim(work: (tx: Tx, sync: Sync) => Promise<void>): Promise<void> {
    return this.#options.database.inTenant(this.#claim.tenantId, async (tx) =>
      work(tx, await store.lockClaim(tx, this.#claim, this.#integrationId)),
    );
  }

  async #save(tx: Tx, items: readonly ExternalItem[]): Promise<readonly ChangedItem[]> {
    const place = { tenantId: this.#claim.tenantId, integrationId: this.#integrationId };
    const byKey = new Map(items.map((item) => [item.key, item]));
    const saved = await saveItems(tx, place, items, this.#options.clock.now());
    return saved.flatMap(({ key, change }) => {
      const item = byKey.get(key);
      return item === undefined || change === 'UNCHANGED' ? [] : [{ item, change }];
    });
  }

  async #tellOfItems(tx: Tx, changed: readonly ChangedItem[]): Promise<void> {
    if (changed.length === 0) return;
    const { clock } = this.#options;
    const place = { tenantId: this.#claim.tenantId, integrationId: this.#integrationId };
    await writeItemChanges(tx, { ...place, source: 'SYNC', actor: ACTOR, clock }, changed);
    await recordIntegrationEvent(tx, {
      ...place,
      kind: 'ITEMS_CHANGED',
      message: `${countItems(changed.length)} new or changed.`,
      itemKeys: changed.map(({ item }) => item.key),
      at: clock.now(),
    });
  }

  /** A run that found nothing is news only to whoever waits for it. */
  async #tellOfEnd(
    tx: Tx,
    sync: Sync,
    { created, updated }: { readonly created: number; readonly updated: number },
  ): Promise<void> {
    const isNews =
      sync.isRequested || sync.completedAt === null || sync.failures > 0 || created + updated > 0;
    if (!isNews) return;
    const of = sync.scope === null ? '' : ` of ${sync.scope}`;
    await recordIntegrationEvent(tx, {
      tenantId: this.#claim.tenantId,
      integrationId: this.#integrationId,
      kind: 'SYNC_FINISHED',
      message: `${countItems(sync.itemsRead)} read${of}: ${created} new, ${updated} changed.`,
      at: this.#options.clock.now(),
    });
  }
}

/** Soon after the first failure, then less and less often, and never less often than the sync runs. */
export function retryMinutes({ failures, everyMinutes }: Pick<Sync, 'failures' | 'everyMinutes'>): number {
  return Math.min(2 ** Math.min(failures, 20), everyMinutes);
}

function countOf(changed: readonly ChangedItem[], change: ChangedItem['change']): number {
  return changed.filter((one) => one.change === change).length;
}

function countItems(count: number): string {
  return count === 1 ? '1 item' : `${count.toLocaleString('en')} items`;
}
