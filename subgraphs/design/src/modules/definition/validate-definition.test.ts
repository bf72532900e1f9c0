import { describe, expect, test } from 'vitest';
import type { AgentDefinition, AgentTool, JsonValue } from './agent-definition.ts';
import { HOSTILE_DEFINITION } from './samples.ts';
import { validateDefinition } from './validate-definition.ts';

const TOOL: AgentTool = {
  name: 'jira_create_issue',
  description: 'Create an issue in Jira.',
  inputSchema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
  outputSchema: null,
  integrationKind: 'JIRA',
  requiresApproval: false,
};

const VALID: AgentDefinition = {
  instructions: 'Do it.',
  model: { provider: 'anthropic', name: 'some-model', temperature: null, maxOutputTokens: null },
  tools: [TOOL],
  skills: [],
  guardrails: [],
  inputModes: ['text/plain'],
  outputModes: ['text/plain'],
  settings: {},
};

const CONTEXT = { integrationKinds: ['JIRA'] } as const;

function problems(
  changes: Partial<AgentDefinition> | { readonly [key: string]: unknown },
): readonly string[] {
  return validateDefinition({ ...VALID, ...changes }, CONTEXT).map(
    ({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`,
  );
}

function withTool(changes: Partial<AgentTool>): readonly string[] {
  return problems({ tools: [{ ...TOOL, ...changes }] });
}

function withSchema(inputSchema: { readonly [key: string]: JsonValue }): readonly string[] {
  return withTool({ inputSchema });
}

test('a valid definition has no findings', () => {
  expect(problems({})).toEqual([]);
});

describe('shape', () => {
  test.each([undefined, null, 'text', 7, [], {}])('%j is no definition', (value) => {
    const findings = validateDefinition(value, CONTEXT);

    expect(findings.length).toBeGreaterThan(0);
    expect(findings.every(({ severity }) => severity === 'ERROR')).toBe(true);
  });

  test('instructions of 100,000 characters pass, longer ones do not', () => {
    expect(problems({ instructions: 'x'.repeat(100_000) })).toEqual([]);
    expect(problems({ instructions: 'x'.repeat(100_001) })).toHaveLength(1);
  });

  test('64 tools pass, 65 do not', () => {
    const tools = Array.from({ length: 65 }, (_, index) => ({ ...TOOL, name: `tool_${index}` }));

    expect(problems({ tools: tools.slice(1) })).toEqual([]);
    expect(problems({ tools })).toHaveLength(1);
  });

  test('an unknown field, a cyclic value and a number that JSON lacks are refused', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;

    expect(problems({ extra: 1 })).toHaveLength(1);
    expect(problems({ settings: cyclic })).toEqual(['ERROR settings: must be a JSON object']);
    expect(problems({ settings: { limit: Number.NaN } })).toEqual(['ERROR settings: must be a JSON object']);
  });

  test('the hostile sample is refused', () => {
    expect(validateDefinition(HOSTILE_DEFINITION, CONTEXT).some(({ severity }) => severity === 'ERROR')).toBe(
      true,
    );
  });
});

describe('tools', () => {
  test.each(['', '1st', 'a-b', 'a b', '../x', 'é', 'x'.repeat(65)])('the name %j is refused', (name) => {
    expect(withTool({ name })).toEqual([
      'ERROR tools.0.name: must be an identifier of at most 64 characters',
    ]);
  });

  test('names that differ only by case are the same', () => {
    expect(problems({ tools: [TOOL, { ...TOOL, name: 'JIRA_create_issue' }] })).toEqual([
      'ERROR tools.1.name: «JIRA_create_issue» is used more than once.',
    ]);
  });

  test('a tool may be bound only to a kind that the tenant has', () => {
    expect(withTool({ integrationKind: 'GITHUB' })).toEqual([
      'ERROR tools.0.integrationKind: Tool jira_create_issue is bound to GITHUB, but there is no such integration.',
    ]);
    expect(withTool({ integrationKind: null })).toEqual([
      'WARNING tools.0.integrationKind: Tool jira_create_issue is not connected: no integration serves it yet.',
    ]);
  });
});

describe('schemas', () => {
  test('must be object schemas', () => {
    expect(withSchema({ type: 'string' })).toEqual(['ERROR tools.0.inputSchema.type: must be "object"']);
    expect(withTool({ outputSchema: {} })).toEqual(['ERROR tools.0.outputSchema.type: must be "object"']);
  });

  test('must use types of JSON Schema, at any depth', () => {
    const schema = { type: 'object', properties: { list: { type: 'array', items: { type: 'money' } } } };

    expect(withSchema(schema)).toEqual([
      'ERROR tools.0.inputSchema.properties.list.items.type: names no type of JSON Schema',
    ]);
  });

  test('may require only what they have', () => {
    expect(withSchema({ type: 'object', properties: {}, required: ['gone', 'toString'] })).toEqual([
      'ERROR tools.0.inputSchema.required: names "gone", which is no property',
      'ERROR tools.0.inputSchema.required: names "toString", which is no property',
    ]);
  });

  // Prototype pollution: an own property of this name is one only where nothing assigns it.
  test('may not name a property __proto__', () => {
    const properties = Object.fromEntries([['__proto__', { type: 'string' }]]);

    expect(withSchema({ type: 'object', properties })).toEqual([
      'ERROR tools.0.inputSchema.properties.__proto__: is no usable property name',
    ]);
  });

  test('may not be nested without end', () => {
    let schema: JsonValue = { type: 'string' };
    for (let depth = 0; depth < 20; depth += 1) schema = { type: 'array', items: schema };

    expect(withSchema({ type: 'object', properties: { deep: schema } })).toHaveLength(1);
  });

  test('are kept with a warning where generated code does not check them', () => {
    expect(withSchema({ type: 'object', properties: { code: { type: 'string', pattern: '^a' } } })).toEqual([
      'WARNING tools.0.inputSchema.properties.code.pattern: pattern is kept, but generated code does not check it',
    ]);
  });
});
