/** What events without a name are called. */
import type { BoundaryNode, EventNode } from './diagram.ts';

export function wordsOf(event: EventNode | BoundaryNode): string {
  if (event.name !== '') return event.name;
  switch (event.event) {
    case 'TIMER':
      return event.timer === null ? 'the time has come' : `the time has come (${event.timer.value})`;
    case 'MESSAGE':
      return 'a message arrives';
    case 'ERROR':
      return 'it fails';
    case 'NONE':
    case 'OTHER':
      return 'something happens';
    default:
      return event.event satisfies never;
  }
}
