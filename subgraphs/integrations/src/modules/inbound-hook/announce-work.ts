/** Tells workers that a message waits. Nobody waits for the telling: what it misses, they find when they look by themselves. */
import type { Transport } from '@flowgrid/messaging';
import { newId, type Logger } from '@flowgrid/platform';

export type WorkAnnouncer = (about: { readonly tenantId: string; readonly deliveryId: string }) => void;

/** At once; what comes while many are under way is found by looking, as what gets lost is. */
const MAX_UNDER_WAY = 4;

export function createWorkAnnouncer({
  transport,
  logger,
}: {
  readonly transport: Pick<Transport, 'send'>;
  readonly logger: Logger;
}): WorkAnnouncer {
  let underWay = 0;
  return ({ tenantId, deliveryId }) => {
    if (underWay >= MAX_UNDER_WAY) return;
    underWay += 1;
    const message = {
      id: newId(),
      tenantId,
      type: 'inbound-delivery',
      orderKey: null,
      body: JSON.stringify({ deliveryId }),
    };
    transport
      .send('inbound-deliveries', [message])
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'work was not announced; it is found by looking'),
      )
      .finally(() => {
        underWay -= 1;
      });
  };
}
