import { FlowgridError, InvalidInput, invalidInput } from '@flowgrid/platform';
import type { Agent } from './agent.ts';

export function slugTaken(slug: string): InvalidInput {
  return invalidInput('TAKEN', `Another agent has the slug ${slug}.`, ['slug']);
}

export function staleRevision(current: Agent): InvalidInput {
  const message = `The agent was changed meanwhile; it is at revision ${current.revision}.`;
  return new InvalidInput([{ code: 'STALE_REVISION', message, path: ['expectedRevision'] }], current);
}

export function agentArchived(): FlowgridError {
  return new FlowgridError('CONFLICT', 'The agent is archived. Unarchive it first.');
}
