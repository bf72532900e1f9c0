/** The gate before every tool. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { createMcpServer } from '../src/mcp.ts';
import { ToolRunner } from '../src/run-tools.ts';
import { no, sampleTool, yes } from './support/sample-tool.ts';

test('input that is not what the tool takes never reaches it', async () => {
  const runner = new ToolRunner({ tools: [sampleTool()], approve: yes });

  const result = await runner.run('sample_tool', { value: 7 });

  assert.equal(result.isError, true);
  assert.match(result.text, /does not fit/);
});

test('a tool that does not exist is an error that names it', async () => {
  const runner = new ToolRunner({ tools: [sampleTool()], approve: yes });

  assert.deepEqual(await runner.run('another', {}), { isError: true, text: 'There is no tool another.' });
});

test('a tool that hangs is given up, and is told so', async () => {
  let isTold = false;
  const tool = sampleTool({
    execute: async (_, { signal }) =>
      await new Promise(() => {
        signal.addEventListener('abort', () => {
          isTold = true;
        });
      }),
  });
  const runner = new ToolRunner({ tools: [tool], approve: yes, timeoutMs: 10 });

  const result = await runner.run('sample_tool', { value: 'x' });

  assert.deepEqual(result, { isError: true, text: 'sample_tool gave no answer within 10 ms.' });
  assert.equal(isTold, true);
});

test('a person is asked about the very input with which the tool runs', async () => {
  const asked: unknown[] = [];
  const approve = async (name: string, input: unknown): Promise<boolean> => {
    asked.push(name, input);
    return await Promise.resolve(true);
  };
  const runner = new ToolRunner({ tools: [sampleTool({ requiresApproval: true })], approve });

  await runner.run('sample_tool', { value: 'x' });

  assert.deepEqual(asked, ['sample_tool', { value: 'x' }]);
  assert.deepEqual(runner.calls, [{ name: 'sample_tool', input: { value: 'x' }, outcome: 'DONE' }]);
});

test('the tools are served over MCP, behind the same gate', async () => {
  const runner = new ToolRunner({ tools: [sampleTool({ requiresApproval: true })], approve: no });
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1.0.0' });
  await Promise.all([createMcpServer(runner).connect(serverSide), client.connect(clientSide)]);

  const { tools } = await client.listTools();
  const result = await client.callTool({ name: 'sample_tool', arguments: { value: 'x' } });

  assert.deepEqual(
    tools.map(({ name, inputSchema }) => ({ name, required: inputSchema.required })),
    [{ name: 'sample_tool', required: ['value'] }],
  );
  assert.equal(result.isError, true);
  await client.close();
});
