/** What was and is told to endpoints: read, tried, and sent again. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import { isEventType } from '@flowgrid/messaging';
import {
  FlowgridError,
  invalidInput,
  isId,
  newId,
  notFound,
  parsePage,
  toConnection,
  type Clock,
  type Connection,
  type Logger,
} from '@flowgrid/platform';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { WEBHOOK_EVENT_TYPES } from '../webhook-endpoint/event-filter.ts';
import { exampleOf } from '../webhook-endpoint/example-data.ts';
import { recordEndpointChange, type ChangedBy } from '../webhook-endpoint/record-endpoint-change.ts';
import { findEndpoint, findEndpointForUpdate } from '../webhook-endpoint/webhook-endpoint-store.ts';
import type { WebhookEndpoint } from '../webhook-endpoint/webhook-endpoint.ts';
import { toMessageBody } from './message-body.ts';
import { announceWork, insertDeliveries, requeueDeliveries } from './queue-store.ts';
import * as replays from './replay-store.ts';
import * as store from './webhook-delivery-store.ts';
import {
  WEBHOOK_DELIVERY_STATES,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookDeliveryState,
} from './webhook-delivery.ts';
import type { WebhookReplay } from './webhook-replay.ts';

export interface WebhookDeliveryServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Sends messages about what is due. */
  readonly sendDueWork: () => Promise<unknown>;
  /** Tells who watches the endpoint. */
  readonly announce: (endpointId: string) => void;
}

export interface DeliveryFilterInput {
  readonly state?: readonly WebhookDeliveryState[] | null | undefined;
  readonly type?: string | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

export interface ReplayInput {
  readonly endpointId: string;
  readonly since: Date;
  readonly until?: Date | null | undefined;
  readonly onlyFailed?: boolean | null | undefined;
}

/** Of one replay: more is asked for in parts. */
export const MAX_REPLAYED = 10_000;

export class WebhookDeliveryService {
  readonly #options: WebhookDeliveryServiceOptions;

  constructor(options: WebhookDeliveryServiceOptions) {
    this.#options = options;
  }

  /** Null for an endpoint that the tenant does not have. */
  async list(
    request: ServiceRequest,
    args: {
      readonly endpointId: string;
      readonly first?: number | null | undefined;
      readonly after?: string | null | undefined;
      readonly filter?: DeliveryFilterInput | null | undefined;
    },
  ): Promise<Connection<WebhookDelivery> | null> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    const page = parsePage(args, store.deliveryCursor);
    const { endpointId } = args;
    if (!isId(endpointId)) return null;
    const { state, type, since, until } = args.filter ?? {};
    const filter = {
      states: state == null ? null : WEBHOOK_DELIVERY_STATES.filter((one) => state.includes(one)),
      type: type ?? null,
      since: since ?? null,
      until: until ?? null,
    };
    return this.#options.database.readInTenant(tenantId, async (tx) => {
      if ((await findEndpoint(tx, tenantId, endpointId)) === null) return null;
      const rows = await store.listDeliveries(tx, { tenantId, endpointId }, { filter, page });
      return toConnection(rows, page, store.cursorOf);
    });
  }

  async find(request: ServiceRequest, id: string): Promise<WebhookDelivery | null> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    if (!isId(id)) return null;
    return this.#options.database.readInTenant(tenantId, (tx) => store.findDelivery(tx, tenantId, id));
  }

  async attempts(request: ServiceRequest, deliveryId: string): Promise<readonly WebhookAttempt[]> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    return this.#options.database.readInTenant(tenantId, (tx) =>
      store.listAttempts(tx, tenantId, deliveryId),
    );
  }

  /** The bodies of messages, in the order of the ids. */
  async bodies(request: ServiceRequest, messageIds: readonly string[]): Promise<readonly (string | null)[]> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    const bodies = await this.#options.database.readInTenant(tenantId, (tx) =>
      store.findBodies(tx, tenantId, messageIds),
    );
    return messageIds.map((id) => bodies.get(id) ?? null);
  }

  async findReplay(request: ServiceRequest, id: string): Promise<WebhookReplay | null> {
    const { tenantId } = requirePermission(request.viewer, 'webhook:manage');
    if (!isId(id)) return null;
    return this.#options.database.readInTenant(tenantId, (tx) => replays.findReplay(tx, tenantId, id));
  }

  /** Queues an example, which is sent once. */
  async sendTest(
    request: ServiceRequest,
    input: { readonly endpointId: string; readonly type: string },
  ): Promise<WebhookDelivery> {
    const { viewer, by } = this.#actor(request);
    const { tenantId } = viewer;
    const { type } = input;
    if (!isEventType(type) || !WEBHOOK_EVENT_TYPES.includes(type))
      throw invalidInput('INVALID', 'must be a type of `webhookEventTypes`', ['type']);
    return this.#change(viewer, input.endpointId, async (tx, endpoint) => {
      const now = this.#options.clock.now();
      const id = newId();
      const messageId = newId();
      const body = toMessageBody({ type, time: now.toISOString(), data: exampleOf(type) });
      await announceWork(tx, tenantId, { endpointIds: [endpoint.id], now });
      // Of no resource that anything else could wait for.
      const message = { tenantId, id: messageId, type, resource: messageId, body, isTest: true, now };
      await insertDeliveries(tx, message, [{ id, endpointId: endpoint.id, isOrdered: false, isHeld: false }]);
      await recordEndpointChange(tx, by, {
        type: 'webhook_endpoint.tested',
        endpoint,
        changes: { type },
        toData: (snapshot) => ({ endpoint: snapshot, type }),
      });
      return this.#get(tx, tenantId, id);
    });
  }

  /** Sends a message again, at once and with the whole schedule before it. One that waits is sent now. */
  async redeliver(request: ServiceRequest, id: string): Promise<WebhookDelivery> {
    const { viewer, by } = this.#actor(request);
    const { tenantId } = viewer;
    const known = await this.find(request, id);
    if (known === null) throw notFound('Webhook delivery');
    return this.#change(viewer, known.endpointId, async (tx, endpoint) => {
      const now = this.#options.clock.now();
      const key = { tenantId, endpointId: endpoint.id };
      await announceWork(tx, tenantId, { endpointIds: [endpoint.id], now });
      const isOrdered = endpoint.ordering === 'RESOURCE';
      const requeued = await requeueDeliveries(tx, key, { ids: [id], isOrdered, now });
      if (requeued === 0)
        await tx.webhookDelivery.updateMany({
          where: { tenantId, id, nextAttemptAt: { gt: now }, isWaiting: false },
          data: { nextAttemptAt: now, updatedAt: now },
        });
      const delivery = await this.#get(tx, tenantId, id);
      const { messageId, type } = delivery;
      await recordEndpointChange(tx, by, {
        type: 'webhook_delivery.redelivered',
        endpoint,
        resourceId: id,
        changes: { endpointId: endpoint.id, type },
        toData: (snapshot) => ({ endpoint: snapshot, deliveryId: id, messageId, type }),
      });
      return delivery;
    });
  }

  /** Has a range of deliveries sent again in the background. */
  async replay(request: ServiceRequest, input: ReplayInput): Promise<WebhookReplay> {
    const { viewer, by } = this.#actor(request);
    const { tenantId } = viewer;
    const { since, onlyFailed } = { since: input.since, onlyFailed: input.onlyFailed ?? false };
    const now = this.#options.clock.now();
    const until = input.until ?? now;
    if (until <= since) throw invalidInput('INVALID', 'must be after `since`', ['until']);
    return this.#change(viewer, input.endpointId, async (tx, endpoint) => {
      const key = { tenantId, endpointId: endpoint.id };
      if (await replays.isReplaying(tx, key))
        throw new FlowgridError('CONFLICT', 'A replay of this endpoint is under way. Wait until it is done.');
      const range = { endpointId: endpoint.id, since, until, onlyFailed };
      const total = await replays.countRange(tx, tenantId, { ...range, limit: MAX_REPLAYED });
      if (total > MAX_REPLAYED)
        throw invalidInput(
          'LIMIT_REACHED',
          `The range has more than ${MAX_REPLAYED} deliveries: replay it in parts.`,
          ['since'],
        );
      const replay = await replays.insertReplay(tx, tenantId, {
        id: newId(),
        ...range,
        total,
        createdAt: now,
      });
      const shown = { since: since.toISOString(), until: until.toISOString(), onlyFailed, total };
      await recordEndpointChange(tx, by, {
        type: 'webhook_endpoint.replayed',
        endpoint,
        changes: shown,
        toData: (snapshot) => ({ endpoint: snapshot, replayId: replay.id, ...shown }),
      });
      return replay;
    });
  }

  #actor(request: ServiceRequest): { readonly viewer: TenantViewer; readonly by: ChangedBy } {
    const viewer = requirePermission(request.viewer, 'webhook:manage');
    return { viewer, by: { viewer, requestId: request.requestId, clock: this.#options.clock } };
  }

  /** Changes what an enabled endpoint is told, under its lock; what became due is sent at once. */
  async #change<Result>(
    { tenantId }: TenantViewer,
    endpointId: string,
    work: (tx: Tx, endpoint: WebhookEndpoint) => Promise<Result>,
  ): Promise<Result> {
    if (!isId(endpointId)) throw notFound('Webhook endpoint');
    const { database, sendDueWork, announce, logger } = this.#options;
    const result = await database.inTenant(tenantId, async (tx) => {
      const endpoint = await findEndpointForUpdate(tx, tenantId, endpointId);
      if (endpoint === null) throw notFound('Webhook endpoint');
      if (endpoint.status === 'DISABLED')
        throw new FlowgridError(
          'CONFLICT',
          'The endpoint is disabled: nothing is sent to it. Enable it first.',
        );
      return work(tx, endpoint);
    });
    // The worker finds by itself what is not sent here.
    await sendDueWork().catch((error: unknown) =>
      logger.debug({ err: error }, 'due work is left to the worker'),
    );
    announce(endpointId);
    return result;
  }

  async #get(tx: Tx, tenantId: string, id: string): Promise<WebhookDelivery> {
    const delivery = await store.findDelivery(tx, tenantId, id);
    if (delivery === null) throw notFound('Webhook delivery');
    return delivery;
  }
}
