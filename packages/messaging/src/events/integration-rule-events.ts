/** Events about rules: what happens by itself when something changes. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

export const integrationRuleSnapshot = z.object({
  id: z.uuid(),
  name: z.string(),
  isEnabled: z.boolean(),
  trigger: z.enum(['ITEM_CHANGED', 'AGENT_PUBLISHED']),
  action: z.enum(['TIE_TO_AGENT', 'START_DESIGN', 'CREATE_ITEM']),
  integrationId: z.uuid().nullable().describe('the connection that it watches or writes to'),
  agentId: z.uuid().nullable().describe('the agent that it ties to or watches; null for any'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

const rule = integrationRuleSnapshot;
const source = '/integrations';

export const INTEGRATION_RULE_EVENTS = {
  'integration_rule.created': {
    version: 1,
    source,
    description: 'A rule was made.',
    data: z.object({ rule }),
  },
  'integration_rule.updated': {
    version: 1,
    source,
    description: 'A rule was changed, or turned on or off by a person.',
    data: z.object({ rule }),
  },
  'integration_rule.disabled': {
    version: 1,
    source,
    description: 'A rule was turned off because it ran too often.',
    data: z.object({ rule, reason: z.string() }),
  },
  'integration_rule.deleted': {
    version: 1,
    source,
    description: 'A rule was removed. The data is the last one.',
    data: z.object({ rule }),
  },
} as const satisfies Record<string, EventDefinition>;
