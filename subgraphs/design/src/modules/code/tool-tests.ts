/** The tests of one tool: its types, its gate, and that it does its work or says that it cannot. */
import type { JsonValue } from '../definition/agent-definition.ts';
import { toCallable } from './callable.ts';
import { toLiteral, toValueSource } from './literals.ts';
import type { Operation } from './operation.ts';
import { toSample } from './sample-data.ts';
import type { NamedTool } from './tool-names.ts';

/** Null when no input can be made up for the tool. */
export function inputSample({ tool }: NamedTool): JsonValue | null {
  return toSample({ ...toCallable(tool.inputSchema), type: 'object' }) ?? null;
}

export function toToolTestSource(named: NamedTool): string {
  const { variable, file, operation } = named;
  const sample = inputSample(named);
  const runs = sample !== null;
  const lines = [
    `import assert from 'node:assert/strict';`,
    `import { test } from 'node:test';`,
    ...(runs ? [`import { ToolRunner } from '../../src/run-tools.ts';`] : []),
    `import { ${variable} } from '../../src/tools/${file}.ts';`,
    ...(runs && operation !== null ? [`import { startFakeSystem } from '../support/fake-system.ts';`] : []),
    ...(runs ? [`import { ${helpers(named).join(', ')} } from '../support/sample-tool.ts';`] : []),
    '',
    ...(runs ? [`const INPUT = ${toValueSource(sample)};`, ''] : []),
    ...typeTests(named, runs),
    ...(runs
      ? [...gateTests(named), ...(operation === null ? stubTest(named) : operationTests(operation, named))]
      : []),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function helpers({ tool }: NamedTool): readonly string[] {
  return tool.requiresApproval ? ['no', 'yes'] : ['no'];
}

function typeTests({ variable, name }: NamedTool, runs: boolean): readonly string[] {
  const accepts = [
    `test(${toLiteral(`${name} takes what its schema describes`)}, () => {`,
    `  assert.deepEqual(${variable}.parseInput(INPUT), INPUT);`,
    '});',
    '',
  ];
  return [
    ...(runs ? accepts : []),
    `test(${toLiteral(`${name} refuses what is no object`)}, () => {`,
    `  assert.throws(() => ${variable}.parseInput('text'));`,
    '});',
    '',
  ];
}

function gateTests({ tool, variable, name }: NamedTool): readonly string[] {
  if (!tool.requiresApproval) return [];
  return [
    `test(${toLiteral(`${name} does not run unless a person agrees`)}, async () => {`,
    `  const runner = new ToolRunner({ tools: [${variable}], approve: no });`,
    '',
    `  await runner.run(${variable}.name, INPUT);`,
    '',
    `  assert.equal(runner.calls[0]?.outcome, 'REFUSED');`,
    '});',
    '',
  ];
}

function approver({ tool }: NamedTool): string {
  return tool.requiresApproval ? 'yes' : 'no';
}

/** It fails once the tool is written: then it is replaced by a test of what the tool does. */
function stubTest(named: NamedTool): readonly string[] {
  const { variable, name } = named;
  return [
    `test(${toLiteral(`${name} says that it is not implemented`)}, async () => {`,
    `  const runner = new ToolRunner({ tools: [${variable}], approve: ${approver(named)} });`,
    '',
    `  const result = await runner.run(${variable}.name, INPUT);`,
    '',
    `  assert.equal(${variable}.isStub, true);`,
    '  assert.equal(result.isError, true);',
    '  assert.match(result.text, /is not implemented/);',
    '});',
    '',
  ];
}

function operationTests({ kind, connector }: Operation, named: NamedTool): readonly string[] {
  const { variable, name } = named;
  const deed = kind === 'CREATE' ? 'creates it' : 'searches';
  const runner = `new ToolRunner({ tools: [${variable}], approve: ${approver(named)} })`;
  return [
    `test(${toLiteral(`${name} ${deed} in ${connector.name}`)}, async () => {`,
    '  await using system = await startFakeSystem();',
    `  const runner = ${runner};`,
    '',
    `  const result = await runner.run(${variable}.name, INPUT);`,
    '',
    '  assert.equal(result.isError, false, result.text);',
    '  assert.equal(system.requests.length, 1);',
    '});',
    '',
    `test(${toLiteral(`${name} says what ${connector.name} refused`)}, async () => {`,
    '  await using _system = await startFakeSystem([403]);',
    `  const runner = ${runner};`,
    '',
    `  const result = await runner.run(${variable}.name, INPUT);`,
    '',
    '  assert.equal(result.isError, true);',
    '  assert.match(result.text, /answered 403/);',
    '});',
    '',
  ];
}
