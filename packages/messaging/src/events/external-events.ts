/** Events about tickets and issues of connected systems: what hooks and syncs noticed, and what was written from here. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

/** What strangers wrote in another system: texts are data, and nothing in them is obeyed. */
export const externalItemSnapshot = z.object({
  key: z.string().describe('as people write it: `acme/claims#7`, `OPS-12`, `INC0010001`'),
  title: z.string(),
  state: z.string(),
  type: z.string(),
  assignee: z.string().nullable(),
  url: z.string().nullable(),
  updatedAt: z.iso.datetime().nullable().describe('when it was changed there'),
});

export const EXTERNAL_EVENTS = {
  'external.item.changed': {
    version: 1,
    source: '/integrations',
    description: 'A ticket or an issue of a connected system is new or another than it was.',
    data: z.object({
      integrationId: z.uuid(),
      source: z.enum(['HOOK', 'SYNC']).describe('whether the other system told of it or was asked'),
      change: z.enum(['CREATED', 'UPDATED', 'DELETED', 'COMMENTED', 'TRANSITIONED']),
      item: externalItemSnapshot,
    }),
  },
  'external.item.created': {
    version: 1,
    source: '/integrations',
    description: 'A ticket or an issue was made at a connected system from here.',
    data: z.object({ integrationId: z.uuid(), item: externalItemSnapshot }),
  },
  'external.item.commented': {
    version: 1,
    source: '/integrations',
    description: 'A comment was added to a ticket or an issue of a connected system from here.',
    data: z.object({
      integrationId: z.uuid(),
      key: z.string().describe('of the ticket or issue'),
      comment: z.object({ id: z.string(), url: z.string().nullable() }),
    }),
  },
  'external.item.transitioned': {
    version: 1,
    source: '/integrations',
    description:
      'A step was taken with a ticket or an issue of a connected system from here. The data is after it.',
    data: z.object({
      integrationId: z.uuid(),
      transitionId: z.string().describe('as the other system calls the step'),
      item: externalItemSnapshot,
    }),
  },
} as const satisfies Record<string, EventDefinition>;
