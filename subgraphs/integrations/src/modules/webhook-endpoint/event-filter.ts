/** Which events an endpoint is told of: exact types, all of a resource as `agent.*`, or `*`. */
import { EVENT_CATALOGUE, SUBSCRIPTIONS, isEventType, type EventType } from '@flowgrid/messaging';

const RESOURCES: ReadonlySet<string> = new Set(SUBSCRIPTIONS['integrations-webhooks'].resources);
const resourceOf = (type: string): string => type.split('.', 1)[0] ?? '';

/** The types that endpoints can be told of, in the order of the catalogue. */
export const WEBHOOK_EVENT_TYPES: readonly EventType[] = Object.keys(EVENT_CATALOGUE)
  .filter(isEventType)
  .filter((type) => RESOURCES.has(resourceOf(type)));

const KNOWN_FILTERS: ReadonlySet<string> = new Set([
  '*',
  ...WEBHOOK_EVENT_TYPES,
  ...WEBHOOK_EVENT_TYPES.map((type) => `${resourceOf(type)}.*`),
]);

export const isKnownFilter = (filter: string): boolean => KNOWN_FILTERS.has(filter);

/** The filters that take an event of this type. */
export const filtersFor = (type: string): readonly string[] => [type, `${resourceOf(type)}.*`, '*'];
