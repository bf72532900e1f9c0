/** Keeps the webhook endpoints of tenants and what they sign with. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  invalidInput,
  isId,
  newId,
  notFound,
  parseInput,
  type Clock,
} from '@flowgrid/platform';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import type { SecretBox } from '../credential/secret-box.ts';
import { announceWork, releaseAll } from '../webhook-delivery/queue-store.ts';
import { recordEndpointChange, type ChangedBy } from './record-endpoint-change.ts';
import {
  DEFAULT_OVERLAP_HOURS,
  createSchema,
  rotateSchema,
  toEndpointUrl,
  updateSchema,
  type CreateWebhookEndpoint,
  type RotateWebhookSecret,
  type UpdateWebhookEndpoint,
} from './webhook-endpoint-input.ts';
import * as store from './webhook-endpoint-store.ts';
import type { WebhookEndpoint, WebhookStatistics } from './webhook-endpoint.ts';
import { createWebhookKey, type WebhookKey, type WebhookSigning } from './webhook-keys.ts';

export interface WebhookEndpointServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly findUrlProblem: (url: URL) => string | null;
  readonly clock: Clock;
}

/** An endpoint, and its new secret, which is never shown again; null where there is none to show. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string | null;
}

/** `webhookEndpoints` is a plain list; each endpoint costs a delivery per event. */
export const MAX_ENDPOINTS = 50;
const HOUR_MS = 60 * 60 * 1000;
const STATISTICS_MS = 24 * HOUR_MS;
const CHANGEABLE = ['url', 'events', 'description', 'ordering'] as const;

interface NewSecret extends WebhookKey {
  readonly toStore: store.SecretToStore;
}

export class WebhookEndpointService {
  readonly #options: WebhookEndpointServiceOptions;

  constructor(options: WebhookEndpointServiceOptions) {
    this.#options = options;
  }

  async list(request: ServiceRequest): Promise<readonly WebhookEndpoint[]> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    return this.#options.database.readInTenant(tenantId, (tx) => store.listEndpoints(tx, tenantId));
  }

  /** Those of the ids that the tenant has, in any order. */
  async listByIds(request: ServiceRequest, ids: readonly string[]): Promise<readonly WebhookEndpoint[]> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    const valid = ids.filter(isId);
    if (valid.length === 0) return [];
    return this.#options.database.readInTenant(tenantId, (tx) => store.findEndpoints(tx, tenantId, valid));
  }

  async statistics(request: ServiceRequest, endpointId: string): Promise<WebhookStatistics> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    const since = new Date(this.#options.clock.now().getTime() - STATISTICS_MS);
    return this.#options.database.readInTenant(tenantId, (tx) =>
      store.readStatistics(tx, { tenantId, endpointId }, since),
    );
  }

  async create(request: ServiceRequest, input: CreateWebhookEndpoint): Promise<EndpointWithSecret> {
    const { viewer, by } = this.#actor(request);
    const { tenantId } = viewer;
    const parsed = parseInput(createSchema, input);
    const wanted = {
      id: parsed.id ?? newId(),
      url: toEndpointUrl(parsed.url, this.#options.findUrlProblem),
      events: parsed.events,
      description: parsed.description ?? '',
      signing: parsed.signing ?? 'HMAC',
      ordering: parsed.ordering ?? 'NONE',
      createdAt: this.#options.clock.now(),
    } as const;
    const secret = await this.#makeSecret(viewer, wanted.id, wanted.signing);
    return this.#options.database.inTenant(tenantId, async (tx) => {
      // One after the other within a tenant: two at once would both find room for the last one, or the same id free.
      await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('webhook_endpoint'), hashtext(${tenantId}))::text`;
      const existing = await store.findEndpoint(tx, tenantId, wanted.id);
      if (existing) return { endpoint: asRepeated(existing, wanted), secret: null };
      if (await store.isIdTaken(tx, tenantId, wanted.id)) throw idTaken();
      if ((await store.countEndpoints(tx, tenantId)) >= MAX_ENDPOINTS)
        throw invalidInput('LIMIT_REACHED', `A tenant has at most ${MAX_ENDPOINTS} webhook endpoints.`, []);
      await store.insertEndpoint(tx, tenantId, wanted);
      await store.insertSecret(tx, secret.toStore);
      const endpoint = await get(tx, tenantId, wanted.id);
      await recordEndpointChange(tx, by, {
        type: 'webhook_endpoint.created',
        endpoint,
        changes: { origin: new URL(wanted.url).origin, events: wanted.events.join(' ') },
        toData: (snapshot) => ({ endpoint: snapshot }),
      });
      return { endpoint, secret: shownOnce(secret) };
    });
  }

  async update(request: ServiceRequest, input: UpdateWebhookEndpoint): Promise<WebhookEndpoint> {
    const { viewer, by } = this.#actor(request);
    const parsed = parseInput(updateSchema, input);
    const url = parsed.url == null ? null : toEndpointUrl(parsed.url, this.#options.findUrlProblem);
    return this.#change(viewer, parsed.id, async (tx, current) => {
      const wanted = {
        url: url ?? current.url,
        events: parsed.events ?? current.events,
        description: parsed.description ?? current.description,
        ordering: parsed.ordering ?? current.ordering,
      };
      const changedFields = CHANGEABLE.filter((field) => String(wanted[field]) !== String(current[field]));
      if (changedFields.length === 0) return current;
      const key = { tenantId: viewer.tenantId, id: current.id };
      await store.updateEndpoint(tx, key, { ...wanted, updatedAt: this.#options.clock.now() });
      if (wanted.ordering !== current.ordering) await this.#leaveOrder(tx, viewer.tenantId, current.id);
      const endpoint = await get(tx, viewer.tenantId, current.id);
      await recordEndpointChange(tx, by, {
        type: 'webhook_endpoint.updated',
        endpoint,
        changes: { changedFields: changedFields.join(' ') },
        toData: (snapshot) => ({ endpoint: snapshot, changedFields }),
      });
      return endpoint;
    });
  }

  /** Signs with a new secret, and with the former one for so long. */
  async rotateSecret(request: ServiceRequest, input: RotateWebhookSecret): Promise<EndpointWithSecret> {
    const { viewer, by } = this.#actor(request);
    const { tenantId } = viewer;
    const parsed = parseInput(rotateSchema, input);
    const overlapHours = parsed.overlapHours ?? DEFAULT_OVERLAP_HOURS;
    const known = await this.#find(viewer, parsed.id);
    const secret = await this.#makeSecret(viewer, known.id, known.signing);
    const endpoint = await this.#change(viewer, known.id, async (tx, current) => {
      const now = this.#options.clock.now();
      const expiresAt = overlapHours === 0 ? null : new Date(now.getTime() + overlapHours * HOUR_MS);
      await store.retireSecrets(tx, { tenantId, endpointId: current.id }, expiresAt);
      await store.insertSecret(tx, secret.toStore);
      await store.updateEndpoint(tx, { tenantId, id: current.id }, { updatedAt: now });
      const changed = await get(tx, tenantId, current.id);
      await recordEndpointChange(tx, by, {
        type: 'webhook_endpoint.secret_rotated',
        endpoint: changed,
        changes: { overlapHours },
        toData: (snapshot) => ({ endpoint: snapshot, overlapHours }),
      });
      return changed;
    });
    return { endpoint, secret: shownOnce(secret) };
  }

  async enable(request: ServiceRequest, id: string): Promise<WebhookEndpoint> {
    const { viewer, by } = this.#actor(request);
    const { tenantId } = viewer;
    return this.#change(viewer, id, async (tx, current) => {
      if (current.status === 'ENABLED') return current;
      const patch = { status: 'ENABLED', disabledReason: null, disabledAt: null } as const;
      const updatedAt = this.#options.clock.now();
      await store.updateEndpoint(tx, { tenantId, id: current.id }, { ...patch, updatedAt });
      // What was known of it is of the time before: it begins anew.
      await tx.webhookQueue.updateMany({
        where: { tenantId, endpointId: current.id },
        data: { failures: 0, windowStartedAt: null, windowFailures: 0, failingSince: null, notBefore: null },
      });
      const endpoint = await get(tx, tenantId, current.id);
      await recordEndpointChange(tx, by, {
        type: 'webhook_endpoint.enabled',
        endpoint,
        toData: (snapshot) => ({ endpoint: snapshot }),
      });
      return endpoint;
    });
  }

  async disable(request: ServiceRequest, id: string): Promise<WebhookEndpoint> {
    const { viewer, by } = this.#actor(request);
    return this.#change(viewer, id, (tx, current) => disableEndpoint(tx, by, { current, reason: 'MANUAL' }));
  }

  async delete(request: ServiceRequest, id: string): Promise<WebhookEndpoint> {
    const { viewer, by } = this.#actor(request);
    return this.#change(viewer, id, async (tx, current) => {
      const key = { tenantId: viewer.tenantId, id: current.id };
      await store.markDeleted(tx, key, this.#options.clock.now());
      await recordEndpointChange(tx, by, {
        type: 'webhook_endpoint.deleted',
        endpoint: current,
        changes: { origin: new URL(current.url).origin },
        toData: (snapshot) => ({ endpoint: snapshot }),
      });
      return current;
    });
  }

  /** What waits for its turn now would wait for longer than it has to, or for nothing. */
  async #leaveOrder(tx: Tx, tenantId: string, endpointId: string): Promise<void> {
    const now = this.#options.clock.now();
    await announceWork(tx, tenantId, { endpointIds: [endpointId], now });
    await releaseAll(tx, { tenantId, endpointId }, now);
  }

  #actor(request: ServiceRequest): { readonly viewer: TenantViewer; readonly by: ChangedBy } {
    const viewer = requirePermission(request.viewer, 'webhook:manage');
    return { viewer, by: { viewer, requestId: request.requestId, clock: this.#options.clock } };
  }

  async #find({ tenantId }: TenantViewer, id: string): Promise<WebhookEndpoint> {
    if (!isId(id)) throw notFound('Webhook endpoint');
    return this.#options.database.readInTenant(tenantId, (tx) => get(tx, tenantId, id));
  }

  /** @throws FlowgridError `NOT_FOUND` for an id that the tenant does not have, whatever its form. */
  async #change(
    { tenantId }: TenantViewer,
    id: string,
    work: (tx: Tx, current: WebhookEndpoint) => Promise<WebhookEndpoint>,
  ): Promise<WebhookEndpoint> {
    if (!isId(id)) throw notFound('Webhook endpoint');
    return this.#options.database.inTenant(tenantId, async (tx) => {
      const current = await store.findEndpointForUpdate(tx, tenantId, id);
      if (!current) throw notFound('Webhook endpoint');
      return work(tx, current);
    });
  }

  /** Before a transaction: the keys may have to be asked for. */
  async #makeSecret(
    { tenantId }: TenantViewer,
    endpointId: string,
    signing: WebhookSigning,
  ): Promise<NewSecret> {
    const key = createWebhookKey(signing);
    const id = newId();
    const secrets = await this.#options.secretBox.unlock(tenantId);
    const envelope = secrets.seal({ owner: endpointId, field: id }, key.secret);
    const createdAt = this.#options.clock.now();
    const { publicKey } = key;
    return { ...key, toStore: { tenantId, endpointId, id, envelope, publicKey, createdAt } };
  }
}

/** Its row is locked. What is on its way arrives; what waits is held when its time comes. */
export async function disableEndpoint(
  tx: Tx,
  by: ChangedBy,
  {
    current,
    reason,
  }: {
    readonly current: WebhookEndpoint;
    readonly reason: NonNullable<WebhookEndpoint['disabledReason']>;
  },
): Promise<WebhookEndpoint> {
  if (current.status === 'DISABLED') return current;
  const { tenantId } = by.viewer;
  const now = by.clock.now();
  await store.updateEndpoint(
    tx,
    { tenantId, id: current.id },
    { status: 'DISABLED', disabledReason: reason, disabledAt: now, updatedAt: now },
  );
  const endpoint = await get(tx, tenantId, current.id);
  await recordEndpointChange(tx, by, {
    type: 'webhook_endpoint.disabled',
    endpoint,
    changes: { reason },
    toData: (snapshot) => ({ endpoint: snapshot, reason }),
  });
  return endpoint;
}

async function get(tx: Tx, tenantId: string, id: string): Promise<WebhookEndpoint> {
  const endpoint = await store.findEndpoint(tx, tenantId, id);
  if (!endpoint) throw notFound('Webhook endpoint');
  return endpoint;
}

/** A private key stays here: who verifies needs the public one, which is part of the endpoint. */
const shownOnce = ({ secret, publicKey }: WebhookKey): string | null => (publicKey === null ? secret : null);

const idTaken = (): FlowgridError =>
  new FlowgridError('CONFLICT', 'Another webhook endpoint of this tenant has this id.');

/** The secret is not shown a second time: who has lost it rotates it. */
function asRepeated(existing: WebhookEndpoint, wanted: store.NewWebhookEndpoint): WebhookEndpoint {
  const isSame = (['url', 'events', 'description', 'signing', 'ordering'] as const).every(
    (field) => String(existing[field]) === String(wanted[field]),
  );
  if (isSame) return existing;
  throw idTaken();
}
