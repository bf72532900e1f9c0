/** One source file per tool, and the list of them. */
import { capitalize } from '../definition/plain-text.ts';
import type { NamedHandOff } from './bundle-agent.ts';
import { toLiteral } from './literals.ts';
import { CONNECTORS } from './operation.ts';
import type { Operation } from './operation.ts';
import type { NamedTool } from './tool-names.ts';
import { toInputSource, toZodSource } from './zod-source.ts';

export function toToolSource(named: NamedTool): string {
  const { tool, name, variable, operation } = named;
  const lines = [
    `import { z } from 'zod';`,
    ...(operation === null ? [] : operationImports(operation)),
    `import { defineTool${operation === null ? ', NotImplementedError' : ''} } from '../tool.ts';`,
    '',
    `const input = ${toInputSource(tool.inputSchema)};`,
    `export type Input = z.infer<typeof input>;`,
    '',
    `const output = ${tool.outputSchema === null ? 'z.unknown()' : toZodSource(tool.outputSchema)};`,
    'export type Output = z.infer<typeof output>;',
    '',
    `export const ${variable} = defineTool({`,
    `  name: ${toLiteral(name)},`,
    `  description: ${toLiteral(tool.description)},`,
    '  input,',
    '  output,',
    `  requiresApproval: ${String(tool.requiresApproval)},`,
    ...(operation === null ? stubLines(named) : operationLines(operation, name)),
    '});',
  ];
  return `${lines.join('\n')}\n`;
}

function operationImports({ kind, connector }: Operation): readonly string[] {
  const isCreating = kind === 'CREATE';
  return [
    `import { ${isCreating ? 'createItem' : 'searchItems'} } from '../connectors/${connector.module}.ts';`,
    `import { ${isCreating ? 'describeInput' : 'toQuery'} } from '../connectors/item.ts';`,
  ];
}

function operationLines({ kind, connector, answerProperty }: Operation, name: string): readonly string[] {
  const purpose = toLiteral(toPurpose(name, connector.module));
  if (kind === 'CREATE') {
    return [
      '  // Derived from the name and the types of the tool: see that the right fields are filled.',
      '  execute: async (given, { signal }) => {',
      `    const item = await createItem(describeInput(${purpose}, given), signal);`,
      `    return ${answerProperty === null ? 'item' : `{ ${answerProperty}: item.key }`};`,
      '  },',
    ];
  }
  const list = 'items.map(({ key, title }) => `${key} ${title}`).join("\\n")'.replaceAll('"', "'");
  return [
    '  // Derived from the name and the types of the tool: see that it searches for the right thing.',
    '  execute: async (given, { signal }) => {',
    '    const items = await searchItems(toQuery(given), signal);',
    `    return ${answerProperty === null ? 'items' : `{ ${answerProperty}: ${list} }`};`,
    '  },',
  ];
}

function stubLines({ tool, name }: NamedTool): readonly string[] {
  const hint =
    tool.integrationKind === null
      ? 'call your system here'
      : `src/connectors/${CONNECTORS[tool.integrationKind].module}.ts knows the system`;
  return [
    '  isStub: true,',
    `  // Write it and take isStub away: ${hint}.`,
    `  execute: async () => await Promise.reject(new NotImplementedError(${toLiteral(name)})),`,
  ];
}

/** `jira_create_issue` says what it does in Jira: create issue. */
function toPurpose(name: string, system: string): string {
  const words = name.split('_').filter((word) => word.toLowerCase() !== system);
  return capitalize(words.join(' ').trim());
}

export function toToolIndexSource(tools: readonly NamedTool[], handOffs: readonly NamedHandOff[]): string {
  const variables = tools.map(({ variable }) => `  ${variable},\n`);
  if (handOffs.length > 0) variables.push('  ...handOffs,\n');
  return [
    '/** The tools of the agent. */\n',
    `import type { Tool } from '../tool.ts';\n`,
    ...(handOffs.length === 0 ? [] : [`import { handOffs } from './hand-offs.ts';\n`]),
    ...tools.map(({ variable, file }) => `import { ${variable} } from './${file}.ts';\n`),
    '\n',
    `export const tools: readonly Tool[] = [${variables.length === 0 ? '' : `\n${variables.join('')}`}];\n`,
  ].join('');
}

export function toHandOffSource(handOffs: readonly NamedHandOff[]): string {
  const entries = handOffs.map(({ name, agent, envPrefix }) =>
    [
      '  defineHandOff({',
      `    name: ${toLiteral(name)},`,
      `    description: ${toLiteral(`Hands work to ${agent.name}. ${agent.summary}`)},`,
      `    envPrefix: ${toLiteral(envPrefix)},`,
      '  }),',
    ].join('\n'),
  );
  return [
    '/** The agents that this one hands work to. */',
    `import { defineHandOff } from '../hand-off.ts';`,
    `import type { Tool } from '../tool.ts';`,
    '',
    `export const handOffs: readonly Tool[] = [\n${entries.join('\n')}\n];\n`,
  ].join('\n');
}
