/** Events about a tenant's webhook endpoints and what is told to them; never their secrets. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

/** An endpoint as others may know it: path and query of its address may hold a key of whoever receives. */
export const webhookEndpointSnapshot = z.object({
  id: z.uuid(),
  origin: z.string().describe('scheme, name and port of its address'),
  description: z.string(),
  events: z.array(z.string()).readonly(),
  signing: z.enum(['HMAC', 'ED25519']),
  ordering: z.enum(['RESOURCE', 'NONE']),
  status: z.enum(['ENABLED', 'DISABLED']),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

const endpoint = webhookEndpointSnapshot;
const source = '/integrations';

export const WEBHOOK_EVENTS = {
  'webhook_endpoint.created': {
    version: 1,
    source,
    description: 'An address that is told of events was added.',
    data: z.object({ endpoint }),
  },
  'webhook_endpoint.updated': {
    version: 1,
    source,
    description: 'The address, the events, the description or the ordering of an endpoint was changed.',
    data: z.object({
      endpoint,
      changedFields: z.array(z.enum(['url', 'events', 'description', 'ordering'])).readonly(),
    }),
  },
  'webhook_endpoint.secret_rotated': {
    version: 1,
    source,
    description: 'The messages of an endpoint are signed with a new secret.',
    data: z.object({ endpoint, overlapHours: z.int().min(0).describe('how long the former one signs too') }),
  },
  'webhook_endpoint.enabled': {
    version: 1,
    source,
    description: 'An endpoint is told of events again.',
    data: z.object({ endpoint }),
  },
  'webhook_endpoint.disabled': {
    version: 1,
    source,
    description: 'An endpoint is told of nothing any more, until it is enabled.',
    data: z.object({
      endpoint,
      reason: z
        .enum(['MANUAL', 'GONE', 'FAILING'])
        .describe('by a person; by its answer 410; after five days without a success'),
    }),
  },
  'webhook_endpoint.deleted': {
    version: 1,
    source,
    description: 'An endpoint was removed with its secrets. The data is the last one.',
    data: z.object({ endpoint }),
  },
  'webhook_endpoint.tested': {
    version: 1,
    source,
    description: 'An example was sent to an endpoint, for its owner to see.',
    data: z.object({ endpoint, type: z.string().describe('the type of the example') }),
  },
  'webhook_endpoint.replayed': {
    version: 1,
    source,
    description: 'What an endpoint was told in a span of time is being sent again.',
    data: z.object({
      endpoint,
      replayId: z.uuid(),
      since: z.iso.datetime(),
      until: z.iso.datetime(),
      onlyFailed: z.boolean(),
      total: z.int().min(0),
    }),
  },
  'webhook_delivery.redelivered': {
    version: 1,
    source,
    description: 'A message is being sent to an endpoint again.',
    data: z.object({ endpoint, deliveryId: z.uuid(), messageId: z.uuid(), type: z.string() }),
  },
  'webhook_delivery.exhausted': {
    version: 1,
    source,
    description: 'A message could not be delivered and is not tried any more.',
    data: z.object({
      endpoint,
      deliveryId: z.uuid(),
      messageId: z.uuid(),
      type: z.string(),
      attempts: z.int().positive(),
      lastStatus: z.int().nullable(),
      lastError: z.string().nullable(),
    }),
  },
} as const satisfies Record<string, EventDefinition>;
