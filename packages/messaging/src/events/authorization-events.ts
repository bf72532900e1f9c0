/** Events about sign-ins at connected systems by OAuth; never what they gave. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';
import { integrationSnapshot } from './integration-events.ts';

const source = '/integrations';

export const AUTHORIZATION_EVENTS = {
  'integration.authorization.started': {
    version: 1,
    source,
    description: 'Somebody went to sign in at the other system for a connection.',
    data: z.object({ integration: integrationSnapshot }),
  },
  'integration.authorization.completed': {
    version: 1,
    source,
    description: 'Somebody signed in at the other system: the connection acts for that account from now on.',
    data: z.object({ integration: integrationSnapshot }),
  },
} as const satisfies Record<string, EventDefinition>;
