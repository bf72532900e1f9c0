/** Tells whether two definitions are the same by one short text. */
import { createHash } from 'node:crypto';
import type { AgentDefinition } from './agent-definition.ts';

/** SHA-256 of the canonical JSON (RFC 8785), in hexadecimal. */
export function definitionDigest(definition: AgentDefinition): string {
  const stored: unknown = JSON.parse(JSON.stringify(definition));
  return createHash('sha256').update(canonicalJson(stored)).digest('hex');
}

function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    // The standard orders names by UTF-16 code units, which is what `<` compares.
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
