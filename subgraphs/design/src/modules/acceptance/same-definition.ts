import { isDeepStrictEqual } from 'node:util';
import type { AgentDefinition } from '../definition/agent-definition.ts';

/** Compares what is stored as JSON: the order of keys does not count, nor do members that are undefined. */
export function isSameDefinition(left: AgentDefinition, right: AgentDefinition): boolean {
  return isDeepStrictEqual(asStored(left), asStored(right));
}

function asStored(definition: AgentDefinition): unknown {
  return JSON.parse(JSON.stringify(definition));
}
