export const INTEGRATION_EVENT_KINDS = [
  'STATUS_CHANGED',
  'SYNC_FINISHED',
  'SYNC_FAILED',
  'ITEMS_CHANGED',
  'HOOK_RECEIVED',
  'FAILED',
] as const;
export type IntegrationEventKind = (typeof INTEGRATION_EVENT_KINDS)[number];

/** Something that happened at an integration; sequences start at 1 and never again. */
export interface IntegrationEvent {
  readonly integrationId: string;
  readonly sequence: number;
  readonly kind: IntegrationEventKind;
  /** For people who may see the integration: no secrets, and nothing that the other system sent but keys of items. */
  readonly message: string;
  /** The items that it is about, or the first of them. */
  readonly itemKeys: readonly string[];
  readonly at: Date;
}
