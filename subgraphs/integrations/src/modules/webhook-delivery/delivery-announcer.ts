/** Tells the other processes that deliveries of an endpoint have changed, after the commit. */
import type { Logger } from '@flowgrid/platform';
import type { PubSub } from '@flowgrid/shared-state';

/** A lost announcement costs an interval: who watches also reads at intervals. While one is on its way, others of the endpoint join. */
export function createDeliveryAnnouncer(pubsub: PubSub, logger: Logger): (endpointId: string) => void {
  const waiting = new Map<string, boolean>();
  const publish = async (endpointId: string): Promise<void> => {
    while (waiting.get(endpointId) === true) {
      waiting.set(endpointId, false);
      await pubsub
        .publish('webhook-deliveries', endpointId)
        .catch((error: unknown) => logger.debug({ err: error, endpointId }, 'announcement was lost'));
    }
    waiting.delete(endpointId);
  };
  return (endpointId) => {
    const isOnItsWay = waiting.has(endpointId);
    waiting.set(endpointId, true);
    if (!isOnItsWay) void publish(endpointId);
  };
}
