/** Whether a changed item is one that a rule is about. */
import type { EventData } from '@flowgrid/messaging';
import type { RuleFilter } from './integration-rule.ts';

type Changed = EventData<'external.item.changed'>;

export function matches(filter: RuleFilter, { change, item }: Changed): boolean {
  return (
    isAmong(filter.changes, change) &&
    isAmong(filter.types, item.type) &&
    isAmong(filter.states, item.state) &&
    filter.words.every((word) => item.title.toLowerCase().includes(word.toLowerCase())) &&
    (filter.container === null || isWithin(filter.container, item.key))
  );
}

function isAmong(wanted: readonly string[], given: string): boolean {
  return wanted.length === 0 || wanted.some((each) => each.toLowerCase() === given.toLowerCase());
}

/** `acme/claims#7` is in `acme/claims`, `OPS-12` in `OPS`. */
function isWithin(container: string, key: string): boolean {
  const place = key.toLowerCase();
  const wanted = container.toLowerCase();
  return place.startsWith(`${wanted}#`) || place.startsWith(`${wanted}-`);
}
