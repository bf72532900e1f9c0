/** One source file per tool, and the list of them. */
import type { AgentTool } from '../definition/agent-definition.ts';
import { toLiteral } from './literals.ts';
import type { NamedTool } from './tool-names.ts';
import { toShapeSource, toZodSource } from './zod-source.ts';

export function toToolSource(named: NamedTool): string {
  const { tool, name, variable } = named;
  const isConnected = tool.integrationKind !== null;
  const lines = [
    `import { tool } from '@anthropic-ai/claude-agent-sdk';`,
    `import { z } from 'zod';`,
    `import { ${isConnected ? 'callConnector' : 'NotConnectedError'} } from '../connectors.js';`,
    `import { runTool } from '../run-tool.js';`,
    '',
    `const NAME = ${toLiteral(name)};`,
    `const DESCRIPTION = ${toLiteral(tool.description)};`,
    '',
    `export const inputSchema = z.object(${toShapeSource(tool.inputSchema)});`,
    'export type Input = z.infer<typeof inputSchema>;',
    '',
    `export const outputSchema = ${tool.outputSchema === null ? 'z.unknown()' : toZodSource(tool.outputSchema)};`,
    'export type Output = z.infer<typeof outputSchema>;',
    '',
    ...executeLines(tool),
    '',
    `export const ${variable} = tool(NAME, DESCRIPTION, inputSchema.shape, (input) =>`,
    '  runTool(NAME, (signal) => execute(input, signal)),',
    ');',
  ];
  return `${lines.join('\n')}\n`;
}

function executeLines(tool: AgentTool): readonly string[] {
  if (tool.integrationKind === null) {
    return [
      '/** Nothing serves this tool yet: replace the body with the call of your system. */',
      'export async function execute(_input: Input, _signal: AbortSignal): Promise<Output> {',
      "  throw new NotConnectedError(NAME, 'write its execute function in src/tools.');",
      '}',
    ];
  }
  return [
    '/** Throws NotConnectedError while the connector is not configured. */',
    'export async function execute(input: Input, signal: AbortSignal): Promise<Output> {',
    `  return outputSchema.parse(await callConnector({ kind: ${toLiteral(tool.integrationKind)}, tool: NAME, input, signal }));`,
    '}',
  ];
}

export function toToolIndexSource(tools: readonly NamedTool[]): string {
  const names = (chosen: readonly NamedTool[]): string =>
    chosen.map(({ name }) => `  ${toLiteral(name)},\n`).join('');
  const approval = names(tools.filter(({ tool }) => tool.requiresApproval));
  const free = names(tools.filter(({ tool }) => !tool.requiresApproval));
  return [
    '/** The tools of the agent, and which of them a person must approve each time. */\n',
    ...(tools.length === 0
      ? [`import type { SdkMcpToolDefinition } from '@anthropic-ai/claude-agent-sdk';\n`]
      : []),
    ...tools.map(({ variable, file }) => `import { ${variable} } from './${file}.js';\n`),
    '\n',
    tools.length === 0
      ? 'export const tools: SdkMcpToolDefinition[] = [];\n'
      : `export const tools = [\n${tools.map(({ variable }) => `  ${variable},\n`).join('')}];\n`,
    `export const freeToolNames: readonly string[] = [\n${free}];\n`,
    `export const approvalToolNames: readonly string[] = [\n${approval}];\n`,
  ].join('');
}
