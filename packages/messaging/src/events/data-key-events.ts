/** Events about the keys by which secrets of a tenant are sealed; never the keys. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

const source = '/integrations';

export const DATA_KEY_EVENTS = {
  'integration.keys.rotated': {
    version: 1,
    source,
    description: 'Secrets of the tenant are sealed by another data key from a time on.',
    data: z.object({ version: z.int(), activeAt: z.iso.datetime() }),
  },
  'integration.secrets.destroyed': {
    version: 1,
    source,
    description: 'The data keys of the tenant were deleted: what they sealed does not open any more.',
    data: z.object({ dataKeys: z.int() }),
  },
} as const satisfies Record<string, EventDefinition>;
