/** Shows what hooks received, and has what failed worked on again. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import {
  FlowgridError,
  isId,
  notFound,
  parsePage,
  toConnection,
  type Clock,
  type Connection,
} from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';
import * as deliveries from './delivery-store.ts';
import { findHook, findHookForUpdate } from './hook-store.ts';
import type { InboundDelivery } from './inbound-hook.ts';
import { recordChange } from './record-change.ts';
import type { WorkAnnouncer } from './announce-work.ts';

export interface InboundDeliveryServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly announceWork: WorkAnnouncer;
  readonly clock: Clock;
}

interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

const cursorSchema = z.object({ receivedAt: z.iso.datetime(), id: z.uuid() });

export class InboundDeliveryService {
  readonly #options: InboundDeliveryServiceOptions;

  constructor(options: InboundDeliveryServiceOptions) {
    this.#options = options;
  }

  /** Null for a hook that the tenant does not have. */
  async list(
    request: ServiceRequest,
    hookId: string,
    args: PageArguments,
  ): Promise<Connection<InboundDelivery> | null> {
    const { tenantId } = requirePermission(request.viewer, 'integration:manage');
    const page = parsePage(args, cursorSchema);
    if (!isId(hookId)) return null;
    const { database } = this.#options;
    const hook = await database.readInTenant(tenantId, (tx) => findHook(tx, { tenantId, id: hookId }));
    if (hook === null) return null;
    const rows = await database.readInTenant(tenantId, (tx) =>
      deliveries.listDeliveries(tx, { tenantId, hookId }, page),
    );
    return toConnection(rows, page, ({ receivedAt, id }) => ({ receivedAt: receivedAt.toISOString(), id }));
  }

  /** @throws FlowgridError `CONFLICT` unless it has failed. */
  async retry(request: ServiceRequest, deliveryId: string): Promise<InboundDelivery> {
    const viewer = requirePermission(request.viewer, 'integration:manage');
    const { tenantId } = viewer;
    const { database, clock, announceWork } = this.#options;
    if (!isId(deliveryId)) throw notFound('InboundDelivery');
    const key = { tenantId, id: deliveryId };
    const retried = await database.inTenant(tenantId, async (tx) => {
      const known = await deliveries.findDelivery(tx, key);
      const hook = known && (await findHookForUpdate(tx, { tenantId, id: known.hookId }));
      if (!known || !hook) throw notFound('InboundDelivery');
      if (!(await deliveries.requeueDelivery(tx, tenantId, deliveryId)))
        throw new FlowgridError('CONFLICT', 'Only a message that has failed can be worked on again.');
      await recordChange(
        tx,
        { viewer, requestId: request.requestId, clock },
        {
          type: 'inbound_hook.delivery_retried',
          hook,
          changes: { deliveryId: known.id },
          toData: (snapshot) => ({ hook: snapshot, deliveryId: known.id }),
        },
      );
      return deliveries.findDelivery(tx, key);
    });
    if (retried === null) throw notFound('InboundDelivery');
    announceWork({ tenantId, deliveryId });
    return retried;
  }
}
