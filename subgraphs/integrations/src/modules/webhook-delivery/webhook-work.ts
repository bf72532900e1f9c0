/** Messages in the queues of webhooks: each says which endpoint has work, and nothing of it. */
import { z } from 'zod';
import { DeadLetterError, type Message, type QueueName, type Transport } from '@flowgrid/messaging';
import { newId, type Clock } from '@flowgrid/platform';
import type { IntegrationsDatabase } from '../../database.ts';
import { takeDueEndpoints, type DueEndpoint, type EndpointKey } from './queue-store.ts';

export const WEBHOOK_QUEUES = [
  'webhook-deliveries',
  'webhook-retries',
] as const satisfies readonly QueueName[];
export type WebhookQueue = (typeof WEBHOOK_QUEUES)[number];

export interface WebhookWorkOptions {
  readonly database: Pick<IntegrationsDatabase, 'withoutTenant'>;
  readonly transport: Pick<Transport, 'send'>;
  readonly clock: Clock;
  /** After so long a message that led to nothing counts as lost. */
  readonly lostAfterSeconds?: number;
}

const LOST_AFTER_SECONDS = 30;
const BATCH_ENDPOINTS = 200;

/** Sends a message for each endpoint with work that is due; those that have failed lately go their own way. Gives how many. */
export async function sendDueWork(options: WebhookWorkOptions): Promise<number> {
  const due = await takeDueEndpoints(options.database, {
    now: options.clock.now(),
    lostAfterSeconds: options.lostAfterSeconds ?? LOST_AFTER_SECONDS,
    limit: BATCH_ENDPOINTS,
  });
  const byQueue = Map.groupBy(due, ({ isFailing }) => queueOf(isFailing));
  for (const [queue, endpoints] of byQueue) await options.transport.send(queue, endpoints.map(toMessage));
  return due.length;
}

export const isWholeBatch = (count: number): boolean => count === BATCH_ENDPOINTS;

const queueOf = (isFailing: boolean): WebhookQueue => (isFailing ? 'webhook-retries' : 'webhook-deliveries');

/** A new id each time: a broker that drops duplicates must not drop the message that stands in for a lost one. */
function toMessage({ tenantId, endpointId }: DueEndpoint): Message {
  return {
    id: newId(),
    tenantId,
    type: 'webhook-work',
    orderKey: null,
    body: JSON.stringify({ endpointId }),
  };
}

const bodySchema = z.object({ endpointId: z.uuid() });

/** @throws DeadLetterError for a message that names no endpoint. */
export function toEndpointKey({ tenantId, body }: Pick<Message, 'tenantId' | 'body'>): EndpointKey {
  try {
    return { tenantId, endpointId: bodySchema.parse(JSON.parse(body)).endpointId };
  } catch (cause) {
    throw new DeadLetterError('invalid-data', 'the message names no endpoint', { cause });
  }
}
