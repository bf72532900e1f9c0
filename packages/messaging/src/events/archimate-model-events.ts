/** Events about imported ArchiMate models: what they are called and how large they are, not their content. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

export const archimateModelSnapshot = z.object({
  id: z.uuid(),
  name: z.string(),
  format: z.enum(['EXCHANGE', 'ARCHI', 'ARCHI_ZIP']).describe('the form in which the file came'),
  tool: z.string().nullable().describe('which tool wrote the file, as far as it can be told'),
  elementCount: z.int().min(0),
  relationshipCount: z.int().min(0),
  viewCount: z.int().min(0),
  createdByUserId: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
});

const model = archimateModelSnapshot;
const link = {
  elementId: z.string().describe('the identifier of the element in the imported file'),
  agentId: z.uuid(),
};

const source = '/design';

export const ARCHIMATE_MODEL_EVENTS = {
  'archimate_model.imported': {
    version: 1,
    source,
    description: 'An ArchiMate model was imported.',
    data: z.object({ model }),
  },
  'archimate_model.deleted': {
    version: 1,
    source,
    description: 'An imported ArchiMate model was removed with its links.',
    data: z.object({ model }),
  },
  'archimate_model.linked': {
    version: 1,
    source,
    description: 'An agent was linked to an element of an imported model.',
    data: z.object({ model, ...link }),
  },
  'archimate_model.unlinked': {
    version: 1,
    source,
    description: 'The link between an agent and an element of an imported model was removed.',
    data: z.object({ model, ...link }),
  },
} as const satisfies Record<string, EventDefinition>;
