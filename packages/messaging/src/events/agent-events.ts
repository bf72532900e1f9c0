/** Events about agents: the record as it is after the change, enough to keep a copy of it. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

/** The record of an agent; its definition stays with its versions and is read where they are. */
export const agentSnapshot = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  status: z.enum(['DRAFT', 'PUBLISHED', 'ARCHIVED']),
  tags: z.array(z.string()).readonly(),
  ownerId: z.uuid().nullable().describe('the user who answers for it'),
  revision: z.int().positive().describe('rises with every change: a copy with a higher one is newer'),
  latestNumber: z.int().positive().describe('number of the highest version'),
  publishedNumber: z.int().positive().nullable().describe('the version that the environment `prod` runs'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

const agent = agentSnapshot;
const changedFields = z
  .array(z.string())
  .readonly()
  .describe('the fields of the record that were written; empty when only the definition changed');
const newVersion = z
  .int()
  .positive()
  .nullable()
  .describe('the version that the change made; null when an update made none');

const source = '/agents';

export const AGENT_EVENTS = {
  'agent.created': {
    version: 1,
    source,
    description: 'An agent was made, with its first version.',
    data: z.object({ agent }),
  },
  'agent.updated': {
    version: 1,
    source,
    description: 'The record or the definition of an agent was changed.',
    data: z.object({ agent, changedFields, newVersion }),
  },
  'agent.published': {
    version: 1,
    source,
    description: 'An environment runs another version of an agent.',
    data: z.object({ agent, environment: z.string(), version: z.int().positive() }),
  },
  'agent.restored': {
    version: 1,
    source,
    description: 'An earlier version of an agent was copied forward as its next one.',
    data: z.object({ agent, restoredFrom: z.int().positive(), newVersion: z.int().positive() }),
  },
  'agent.archived': {
    version: 1,
    source,
    description: 'An agent was put away: it is kept and takes no changes.',
    data: z.object({ agent }),
  },
  'agent.unarchived': {
    version: 1,
    source,
    description: 'An agent was taken back from the archive.',
    data: z.object({ agent }),
  },
  'agent.deleted': {
    version: 1,
    source,
    description: 'An agent was removed with all its versions. The record is the last one.',
    data: z.object({ agent }),
  },
} as const satisfies Record<string, EventDefinition>;
