/** Events about addresses at which other systems tell us of changes; never their secrets, nor what came. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

export const inboundHookSnapshot = z.object({
  id: z.uuid(),
  integrationId: z.uuid().nullable().describe('the connection whose items it tells of'),
  kind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW', 'GENERIC']),
  verification: z.enum(['STANDARD_WEBHOOKS', 'HMAC_SHA256', 'BEARER_JWT']),
  name: z.string(),
  isEnabled: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

const hook = inboundHookSnapshot;
const source = '/integrations';
const registration = z.object({
  scope: z.string().nullable().describe('repository, project or table; null for all'),
  expiresAt: z.iso.datetime().nullable(),
});

export const INBOUND_HOOK_EVENTS = {
  'inbound_hook.created': {
    version: 1,
    source,
    description: 'An address for the webhooks of another system was made.',
    data: z.object({ hook }),
  },
  'inbound_hook.updated': {
    version: 1,
    source,
    description: 'A hook was renamed, turned on or off, or reads its messages in another way.',
    data: z.object({ hook, changedFields: z.array(z.enum(['name', 'isEnabled', 'mapping'])).readonly() }),
  },
  'inbound_hook.secret_rotated': {
    version: 1,
    source,
    description: 'A hook has another secret; the former one is taken for a while.',
    data: z.object({ hook, formerTakenUntil: z.iso.datetime() }),
  },
  'inbound_hook.registered': {
    version: 1,
    source,
    description: 'The other system was told to send to the hook.',
    data: z.object({ hook, registration }),
  },
  'inbound_hook.registration_failed': {
    version: 1,
    source,
    description: 'The registration at the other system could not be renewed.',
    data: z.object({ hook, registration, message: z.string() }),
  },
  'inbound_hook.unregistered': {
    version: 1,
    source,
    description: 'The other system was told not to send to the hook any more.',
    data: z.object({ hook }),
  },
  'inbound_hook.delivery_retried': {
    version: 1,
    source,
    description: 'Somebody had a message that failed worked on again.',
    data: z.object({ hook, deliveryId: z.uuid() }),
  },
  'inbound_hook.deleted': {
    version: 1,
    source,
    description: 'A hook was removed with all that it had received. The data is the last one.',
    data: z.object({ hook }),
  },
} as const satisfies Record<string, EventDefinition>;
