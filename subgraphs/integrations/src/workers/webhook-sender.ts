/** Sends messages about webhooks that are due: when it is woken, and at intervals for retries and for what was lost. */
import { FlowgridError, WakeUp, type Logger } from '@flowgrid/platform';
import {
  isWholeBatch,
  sendDueWork,
  type WebhookWorkOptions,
} from '../modules/webhook-delivery/webhook-work.ts';

export interface WebhookSenderOptions extends WebhookWorkOptions {
  readonly logger: Logger;
  readonly pollMs?: number;
}

export interface WebhookSender extends AsyncDisposable {
  /** Something became due. */
  wake(): void;
}

const POLL_MS = 1_000;

/** Several may send at once: each endpoint is given to one of them. Disposing waits for the batch under way. */
export function startWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const wakeUp = new WakeUp();
  const stopping = new AbortController();
  const loop = sendUntilStopped(options, wakeUp, stopping.signal);
  return {
    wake: () => wakeUp.wake(),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      wakeUp.wake();
      await loop;
    },
  };
}

async function sendUntilStopped(
  options: WebhookSenderOptions,
  wakeUp: WakeUp,
  stopping: AbortSignal,
): Promise<void> {
  const { logger, pollMs = POLL_MS } = options;
  while (!stopping.aborted) {
    let isMore = false;
    try {
      isMore = isWholeBatch(await sendDueWork(options));
    } catch (error) {
      // What was not sent counts as lost after a while, and is found again.
      const isAway = error instanceof FlowgridError && error.code === 'SERVICE_UNAVAILABLE';
      logger[isAway ? 'debug' : 'warn']({ err: error }, 'messages about webhooks cannot be sent');
    }
    if (!isMore) await wakeUp.wait(pollMs);
  }
}
