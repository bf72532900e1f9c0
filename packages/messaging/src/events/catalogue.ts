/** Every type of event, with the version and the schema of its data; docs/EVENTS.md is written from it. */
import type { z } from 'zod';
import { AGENT_EVENTS } from './agent-events.ts';
import { ARCHIMATE_MODEL_EVENTS } from './archimate-model-events.ts';
import { AUTHORIZATION_EVENTS } from './authorization-events.ts';
import { DATA_KEY_EVENTS } from './data-key-events.ts';
import type { EventDefinition } from './define-event.ts';
import { DESIGN_REQUEST_EVENTS } from './design-request-events.ts';
import { DESIGN_SESSION_EVENTS } from './design-session-events.ts';
import { DESIGN_SETTING_EVENTS } from './design-setting-events.ts';
import { EXTERNAL_EVENTS } from './external-events.ts';
import { INBOUND_HOOK_EVENTS } from './inbound-hook-events.ts';
import { INTEGRATION_EVENTS } from './integration-events.ts';
import { INTEGRATION_RULE_EVENTS } from './integration-rule-events.ts';
import { INTEGRATION_SYNC_EVENTS } from './integration-sync-events.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';

/** Types are called like the actions of the audit: `<resource>.<past participle>`, a part of the resource named between. */
export const EVENT_CATALOGUE = {
  ...AGENT_EVENTS,
  ...ARCHIMATE_MODEL_EVENTS,
  ...DESIGN_REQUEST_EVENTS,
  ...DESIGN_SESSION_EVENTS,
  ...DESIGN_SETTING_EVENTS,
  ...EXTERNAL_EVENTS,
  ...INBOUND_HOOK_EVENTS,
  ...INTEGRATION_EVENTS,
  ...AUTHORIZATION_EVENTS,
  ...DATA_KEY_EVENTS,
  ...INTEGRATION_RULE_EVENTS,
  ...INTEGRATION_SYNC_EVENTS,
  ...WEBHOOK_EVENTS,
} as const satisfies Record<string, EventDefinition>;

export type EventType = keyof typeof EVENT_CATALOGUE;

/** The data of an event of the type. */
export type EventData<Type extends EventType> = z.output<(typeof EVENT_CATALOGUE)[Type]['data']>;

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENT_CATALOGUE, type);
}
