/** Tells workers that a message waits. Nobody waits for the telling: what it misses, they find when they look by themselves. */
import type { Transport } from '@flowgrid/messaging';
import { newId, type Logger } from '@flowgrid/platform';

export type WorkAnnouncer = (about: { readonly tenantId: string; readonly deliveryId: string }) => void;

/**
 * One message at a time, and one more for what came meanwhile: whoever hears of work looks for all of it, so that a flood of
 * messages costs few announcements.
 */
export function createWorkAnnouncer({
  transport,
  logger,
}: {
  readonly transport: Pick<Transport, 'send'>;
  readonly logger: Logger;
}): WorkAnnouncer {
  let isUnderWay = false;
  let waiting: Parameters<WorkAnnouncer>[0] | null = null;
  const send = async ({ tenantId, deliveryId }: Parameters<WorkAnnouncer>[0]): Promise<void> => {
    const body = JSON.stringify({ deliveryId });
    const message = { id: newId(), tenantId, type: 'inbound-delivery', orderKey: null, body };
    try {
      await transport.send('inbound-deliveries', [message]);
    } catch (error) {
      // Workers look by themselves as well.
      logger.warn({ err: error }, 'work was not announced; it is found by looking');
    }
  };
  const sendAll = async (first: Parameters<WorkAnnouncer>[0]): Promise<void> => {
    isUnderWay = true;
    for (let next: typeof waiting = first; next !== null; next = waiting) {
      waiting = null;
      await send(next);
    }
    isUnderWay = false;
  };
  return (about) => {
    if (isUnderWay) waiting = about;
    else void sendAll(about);
  };
}
