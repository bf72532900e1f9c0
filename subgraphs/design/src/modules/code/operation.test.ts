import { describe, expect, test } from 'vitest';
import type { AgentTool, JsonObject } from '../definition/agent-definition.ts';
import { deriveOperation } from './operation.ts';

const ONE_TEXT: JsonObject = { type: 'object', properties: { key: { type: 'string' } } };

function tool(name: string, parts: Partial<AgentTool> = {}): AgentTool {
  return {
    name,
    description: '',
    inputSchema: { type: 'object' },
    outputSchema: null,
    integrationKind: 'JIRA',
    requiresApproval: false,
    ...parts,
  };
}

describe('an operation is derived from', () => {
  test.each([
    ['jira_create_issue', 'CREATE'],
    ['create_jira_ticket', 'CREATE'],
    ['open_incident', 'CREATE'],
    ['jira_search_issues', 'SEARCH'],
    ['find_tickets', 'SEARCH'],
  ])('%s: %s', (name, kind) => {
    expect(deriveOperation(tool(name))?.kind).toBe(kind);
  });

  test('the name and an answer with one text, which takes the key', () => {
    expect(deriveOperation(tool('jira_create_issue', { outputSchema: ONE_TEXT }))).toEqual({
      kind: 'CREATE',
      connector: { module: 'jira', name: 'Jira' },
      answerProperty: 'key',
    });
  });

  test('the words of the system are no part of what is done', () => {
    const named = tool('service_now_create_incident', { integrationKind: 'SERVICENOW' });

    expect(deriveOperation(named)?.connector.module).toBe('servicenow');
  });
});

describe('a tool stays a stub', () => {
  test.each([
    'jira_check_issue',
    'jira_update_issue',
    'jira_close_issue',
    'jira_create_project',
    'jira_add_comment_to_issue',
    'create',
    '',
  ])('when %j says nothing that a connector does', (name) => {
    expect(deriveOperation(tool(name))).toBeNull();
  });

  test('without an integration', () => {
    expect(deriveOperation(tool('create_issue', { integrationKind: null }))).toBeNull();
  });

  test.each<JsonObject>([
    { type: 'object', properties: { key: { type: 'string' }, more: { type: 'string' } } },
    { type: 'object', properties: { key: { type: 'number' } } },
    { type: 'object', properties: { key: { type: 'string', format: 'date' } } },
    { type: 'object', properties: { 'a key': { type: 'string' } } },
    { type: 'object' },
    { type: 'array' },
  ])('when its answer is %j', (outputSchema) => {
    expect(deriveOperation(tool('jira_create_issue', { outputSchema }))).toBeNull();
  });
});
