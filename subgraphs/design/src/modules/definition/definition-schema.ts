/** The shape and the limits of an agent definition that comes from outside. */
import { z } from 'zod';
import type { JsonObject } from './agent-definition.ts';

export const MAX_DEFINITION_TOOLS = 64;
const MAX_NESTING = 32;

const line = z.string().min(1).max(200);
const paragraph = z.string().max(4_000);

const toolSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/, 'must be an identifier of at most 64 characters'),
  description: paragraph.min(1),
  inputSchema: z.custom<JsonObject>(isJsonObject, 'must be a JSON object'),
  outputSchema: z.custom<JsonObject>(isJsonObject, 'must be a JSON object').nullable(),
  integrationKind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW']).nullable(),
  requiresApproval: z.boolean(),
});

const skillSchema = z.strictObject({
  id: line,
  name: line,
  description: paragraph,
  tags: z.array(line).max(50),
  examples: z.array(paragraph).max(50),
});

const guardrailSchema = z.strictObject({
  id: line,
  kind: z.enum(['DEADLINE', 'OBLIGATION', 'PROHIBITION', 'APPROVAL', 'THRESHOLD']),
  description: paragraph.min(1),
});

export const agentDefinitionSchema = z.strictObject({
  instructions: z.string().min(1).max(100_000),
  model: z.strictObject({
    provider: line,
    name: line,
    temperature: z.number().min(0).max(2).nullable(),
    maxOutputTokens: z.int().positive().nullable(),
  }),
  tools: z.array(toolSchema).max(MAX_DEFINITION_TOOLS),
  skills: z.array(skillSchema).max(64),
  guardrails: z.array(guardrailSchema).max(200),
  inputModes: z.array(line).min(1).max(20),
  outputModes: z.array(line).min(1).max(20),
  settings: z.custom<JsonObject>(isJsonObject, 'must be a JSON object'),
});

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isJsonValue(value, 0);
}

function isJsonValue(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > MAX_NESTING) return false;
  return Object.values(value).every((member) => isJsonValue(member, depth + 1));
}
