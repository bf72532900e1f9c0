/** Designs that rules ask for. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

export const DESIGN_REQUEST_EVENTS = {
  'design_request.made': {
    version: 1,
    source: '/integrations',
    description: 'A rule asks for a design, on behalf of the user who made the rule.',
    data: z.object({
      request: z.object({
        id: z.uuid().describe('also the id of the session that becomes of it'),
        ruleId: z.uuid(),
        ruleName: z.string(),
        userId: z.uuid().describe('on whose behalf: whoever last set what the rule does'),
        title: z.string(),
        description: z.string(),
        engine: z
          .enum(['AUTO', 'LOCAL', 'CLAUDE', 'OPENAI'])
          .nullable()
          .describe('null for what the tenant has set'),
        item: z.object({ integrationId: z.uuid(), key: z.string(), url: z.string().nullable() }),
      }),
    }),
  },
} as const satisfies Record<string, EventDefinition>;
