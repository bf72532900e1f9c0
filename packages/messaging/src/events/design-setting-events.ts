/** Events about how a tenant wants designs to be made. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

const settings = z.object({
  engine: z.enum(['AUTO', 'LOCAL', 'CLAUDE', 'OPENAI']).describe('who designs where nobody says otherwise'),
  monthlyBudgetUsd: z.number().min(0).nullable().describe('for AI; null for the default of the platform'),
  redactPersonalData: z.boolean().describe('whether personal data is taken out of what AI providers get'),
  revision: z.int(),
});

export const DESIGN_SETTING_EVENTS = {
  'design_setting.updated': {
    version: 1,
    source: '/design',
    description: 'Somebody changed how designs of the tenant are made. The subject is the tenant.',
    data: z.object({ settings }),
  },
} as const satisfies Record<string, EventDefinition>;
