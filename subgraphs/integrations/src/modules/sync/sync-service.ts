/** Says what is followed at connected systems; workers do it. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  invalidInput,
  invariant,
  isId,
  line,
  newId,
  notFound,
  parseInput,
  type Clock,
} from '@flowgrid/platform';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { findIntegrationForUpdate } from '../integration/integration-store.ts';
import type { Integration } from '../integration/integration.ts';
import { recordChange } from '../integration/record-change.ts';
import * as store from './sync-store.ts';
import type { Sync } from './sync.ts';

export interface SyncServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly clock: Clock;
}

/** `Integration.syncs` is a plain list; this keeps it one. */
const MAX_SYNCS = 20;
const MAX_SCOPE_LENGTH = 200;
const MIN_MINUTES = 5;
const MAX_MINUTES = 7 * 24 * 60;
const DEFAULT_MINUTES = 15;

const startSchema = z.object({
  integrationId: z.string(),
  scope: line(MAX_SCOPE_LENGTH).nullish(),
  everyMinutes: z
    .int()
    .min(MIN_MINUTES, `must be at least ${MIN_MINUTES}`)
    .max(MAX_MINUTES, `must be at most ${MAX_MINUTES}, a week`)
    .nullish(),
});

type SyncEventType = 'integration.sync_started' | 'integration.sync_requested' | 'integration.sync_stopped';

interface Change {
  readonly tx: Tx;
  readonly viewer: TenantViewer;
  readonly requestId: string;
  readonly integration: Integration;
}

export class SyncService {
  readonly #options: SyncServiceOptions;

  constructor(options: SyncServiceOptions) {
    this.#options = options;
  }

  /** Of each integration, in the order of the ids. */
  async listByIntegrations(
    request: ServiceRequest,
    integrationIds: readonly string[],
  ): Promise<readonly (readonly Sync[])[]> {
    const { tenantId } = requirePermission(request.viewer, 'integration:read');
    const syncs = await this.#options.database.readInTenant(tenantId, (tx) =>
      store.listSyncs(tx, tenantId, integrationIds),
    );
    const byIntegration = Map.groupBy(syncs, ({ integrationId }) => integrationId);
    return integrationIds.map((id) => byIntegration.get(id) ?? []);
  }

  /** Starting what is followed already changes its interval. */
  async start(request: ServiceRequest, input: z.input<typeof startSchema>): Promise<Sync> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const parsed = parseInput(startSchema, input);
    const { integrationId } = parsed;
    if (!isId(integrationId)) throw notFound('Integration');
    const scope = parsed.scope ?? null;
    return this.#options.database.inTenant(viewer.tenantId, async (tx) => {
      const integration = await findIntegrationForUpdate(tx, viewer.tenantId, integrationId);
      if (integration === null) throw notFound('Integration');
      const place = { tenantId: viewer.tenantId, integrationId: integration.id };
      const existing = await store.findSyncByScope(tx, place, scope);
      const everyMinutes = parsed.everyMinutes ?? existing?.everyMinutes ?? DEFAULT_MINUTES;
      if (existing?.everyMinutes === everyMinutes) return existing;
      const id = existing?.id ?? newId();
      if (existing) {
        await store.setInterval(tx, { tenantId: viewer.tenantId, id }, everyMinutes);
      } else {
        if ((await store.countSyncs(tx, place)) >= MAX_SYNCS)
          throw invalidInput('LIMIT_REACHED', `An integration has at most ${MAX_SYNCS} syncs.`, []);
        const createdAt = this.#options.clock.now();
        await store.insertSync(tx, place, { id, scope, everyMinutes, createdAt });
      }
      const change = { tx, viewer, requestId: request.requestId, integration };
      return this.#record(change, 'integration.sync_started', { id, scope, everyMinutes });
    });
  }

  /** One that runs already is left to it. */
  async runNow(request: ServiceRequest, id: string): Promise<Sync> {
    const viewer = requirePermission(request.viewer, 'integration:use');
    return this.#change(request, viewer, id, async (change, sync) => {
      const isRequested = await store.requestSync(change.tx, { tenantId: viewer.tenantId, id: sync.id });
      return isRequested ? this.#record(change, 'integration.sync_requested', sync) : sync;
    });
  }

  /** The sync as it was. What was read of the other system stays as it was last seen. */
  async stop(request: ServiceRequest, id: string): Promise<Sync> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    return this.#change(request, viewer, id, async (change, sync) => {
      await this.#record(change, 'integration.sync_stopped', sync);
      await store.deleteSync(change.tx, { tenantId: viewer.tenantId, id: sync.id });
      return sync;
    });
  }

  /** @throws FlowgridError `NOT_FOUND` for an id that the tenant does not have, whatever its form. */
  async #change(
    request: ServiceRequest,
    viewer: TenantViewer,
    id: string,
    work: (change: Change, sync: Sync) => Promise<Sync>,
  ): Promise<Sync> {
    if (!isId(id)) throw notFound('Sync');
    const key = { tenantId: viewer.tenantId, id };
    return this.#options.database.inTenant(viewer.tenantId, async (tx) => {
      const found = await store.findSync(tx, key);
      const integration = found && (await findIntegrationForUpdate(tx, viewer.tenantId, found.integrationId));
      // Again, now that nobody else changes it.
      const sync = await store.findSync(tx, key);
      if (integration === null || sync === null) throw notFound('Sync');
      return work({ tx, viewer, requestId: request.requestId, integration }, sync);
    });
  }

  async #record(
    { tx, viewer, requestId, integration }: Change,
    type: SyncEventType,
    { id, scope, everyMinutes }: Pick<Sync, 'id' | 'scope' | 'everyMinutes'>,
  ): Promise<Sync> {
    const by = { viewer, requestId, clock: this.#options.clock };
    await recordChange(tx, by, {
      type,
      integration,
      changes: { syncId: id, scope, everyMinutes },
      toData: (snapshot) => ({ integration: snapshot, sync: { id, scope, everyMinutes } }),
    });
    const sync = await store.findSync(tx, { tenantId: viewer.tenantId, id });
    invariant(sync !== null, 'a sync is there while its integration is locked');
    return sync;
  }
}
