/** Sends messages about webhooks that are due: when it is woken, and at intervals for retries and for what was lost. */
import { FlowgridError, startWokenLoop, type Logger, type WokenLoop } from '@flowgrid/platform';
import {
  isWholeBatch,
  sendDueWork,
  type WebhookWorkOptions,
} from '../modules/webhook-delivery/webhook-work.ts';

export interface WebhookSenderOptions extends WebhookWorkOptions {
  readonly logger: Logger;
  readonly pollMs?: number;
}

const POLL_MS = 1_000;

/** Several may send at once: each endpoint is given to one of them. Disposing waits for the batch under way. */
export function startWebhookSender(options: WebhookSenderOptions): WokenLoop {
  const { logger, pollMs = POLL_MS } = options;
  return startWokenLoop({
    work: async () => isWholeBatch(await sendDueWork(options)),
    onFailure: (error) => {
      // What was not sent counts as lost after a while, and is found again.
      const isAway = error instanceof FlowgridError && error.code === 'SERVICE_UNAVAILABLE';
      logger[isAway ? 'debug' : 'warn']({ err: error }, 'messages about webhooks cannot be sent');
    },
    pollMs,
  });
}
