/**
 * Delivers webhooks. A message says that an endpoint has work; the claim decides who does it. Endpoints that have failed lately
 * have a queue and places of their own. Whoever keeps a place for too long loses it and goes on beside it: so an endpoint that
 * hangs takes a place from the others for a moment, not for as long as it hangs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery, Transport } from '@flowgrid/messaging';
import {
  WEBHOOK_QUEUES,
  toEndpointKey,
  type WebhookQueue,
} from '../modules/webhook-delivery/webhook-work.ts';
import { runEndpoint, type EndpointRunTools } from './endpoint-run.ts';

export interface WebhookWorkerOptions extends EndpointRunTools {
  readonly transport: Pick<Transport, 'receive'>;
  /** An endpoint was given back that has more work. */
  readonly wakeSender: () => void;
}

/** Endpoints at once. */
const PLACES = { 'webhook-deliveries': 32, 'webhook-retries': 32 } as const satisfies Record<
  WebhookQueue,
  number
>;
/** Longer than a turn: who is still there waits for answers. */
const PLACE_LOST_AFTER_MS = 1_500;
/** Those that wait for answers beside the places, of each queue; more than that keep theirs. */
const MAX_BESIDE = 256;
/** For answers to come in when the worker stops. */
const GRACE_MS = 5_000;

/** Disposing stops to begin, waits a moment for answers, and gives back what has none. */
export function startWebhookWorker(options: WebhookWorkerOptions): AsyncDisposable {
  const stopping = new AbortController();
  const aborted = new AbortController();
  const running = new Set<Promise<void>>();
  const beside = new Map<WebhookQueue, number>(WEBHOOK_QUEUES.map((queue) => [queue, 0]));

  const run = (queue: WebhookQueue, delivery: Delivery): Promise<void> => {
    const key = toEndpointKey(delivery);
    const order = { key, queue, stopping: stopping.signal, aborted: aborted.signal };
    const end = runEndpoint(options, order)
      .then((hasMore) => {
        if (hasMore) options.wakeSender();
      })
      .finally(() => running.delete(end));
    running.add(end);
    return end;
  };

  const answer = async (queue: WebhookQueue, delivery: Delivery): Promise<void> => {
    stopping.signal.throwIfAborted();
    const end = run(queue, delivery);
    const timer = new AbortController();
    const tooLong = delay(PLACE_LOST_AFTER_MS, true, { signal: timer.signal }).catch(() => false);
    const isTooLong = await Promise.race([end.then(() => false), tooLong]);
    timer.abort();
    const count = beside.get(queue) ?? 0;
    if (!isTooLong || count >= MAX_BESIDE) return end;
    beside.set(queue, count + 1);
    end
      // Its message is done with; the endpoint is found again when its claim ends.
      .catch((error: unknown) => options.logger.warn({ err: error }, 'the work on an endpoint broke off'))
      .finally(() => beside.set(queue, (beside.get(queue) ?? 1) - 1));
    return undefined;
  };

  const receivers = WEBHOOK_QUEUES.map((queue) =>
    options.transport.receive({ queue }, (delivery) => answer(queue, delivery), {
      concurrency: PLACES[queue],
    }),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort(new Error('The worker is stopping.'));
      const grace = setTimeout(() => aborted.abort(new Error('The worker is stopping.')), GRACE_MS);
      await Promise.all(receivers.map((receiver) => receiver[Symbol.asyncDispose]()));
      await Promise.allSettled(running);
      clearTimeout(grace);
    },
  };
}
