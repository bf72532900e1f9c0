/** The A2A 1.0 card of a generated agent: what its server can do, no more. */
import { oneLine } from '../definition/plain-text.ts';
import type { ProposedAgent } from '../proposal/proposal.ts';

export const BUNDLE_VERSION = '0.1.0';
const LOCAL_URL = 'http://localhost:8080';

export function toAgentCard({ key, name, summary, definition }: ProposedAgent): object {
  const title = text(name, 'Agent');
  const skills = definition.skills.map((skill) => ({
    id: text(skill.id, 'skill'),
    name: text(skill.name, 'Skill'),
    description: text(skill.description, skill.name),
    tags: skill.tags.map((tag) => text(tag, 'agent')),
    examples: skill.examples.map((example) => text(example, 'Do the work.')),
  }));
  const own = { id: text(key, 'work'), name: title, description: text(summary, title), tags: ['agent'] };
  return {
    name: title,
    description: text(summary, title),
    version: BUNDLE_VERSION,
    // The server puts PUBLIC_URL here.
    supportedInterfaces: [{ url: LOCAL_URL, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' }],
    capabilities: { streaming: false, pushNotifications: false, extendedAgentCard: false },
    securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    securityRequirements: [{ schemes: { bearer: { list: [] } } }],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: skills.length === 0 ? [own] : skills,
  };
}

function text(value: string, fallback: string): string {
  return oneLine(value, 2_000) || oneLine(fallback, 2_000) || 'Agent';
}
