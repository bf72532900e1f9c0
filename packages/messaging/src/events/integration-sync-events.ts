/** Events about what is followed at connected systems. That items have changed there is `external.item.changed`. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';
import { integrationSnapshot as integration } from './integration-events.ts';

const sync = z.object({
  id: z.uuid(),
  scope: z
    .string()
    .nullable()
    .describe('repository, project or table; null for all that the credential shows'),
  everyMinutes: z.number().int(),
});
const source = '/integrations';

export const INTEGRATION_SYNC_EVENTS = {
  'integration.sync_started': {
    version: 1,
    source,
    description: 'The items of a connected system are followed from now on, or at another interval.',
    data: z.object({ integration, sync }),
  },
  'integration.sync_requested': {
    version: 1,
    source,
    description: 'Somebody wants the items of a connected system to be read at once.',
    data: z.object({ integration, sync }),
  },
  'integration.sync_failed': {
    version: 1,
    source,
    description:
      'The items of a connected system could not be read to the end. It is tried again; that this fails too is no event.',
    data: z.object({ integration, sync, message: z.string().describe('for people, what to do about it') }),
  },
  'integration.sync_stopped': {
    version: 1,
    source,
    description: 'The items of a connected system are not followed any more.',
    data: z.object({ integration, sync }),
  },
} as const satisfies Record<string, EventDefinition>;
