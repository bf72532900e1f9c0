/** Other MCP servers: only what the file names, and only with approval unless the file says otherwise. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { connectMcpServers } from '../src/mcp-servers.ts';
import type { ConnectedServers } from '../src/mcp-servers.ts';
import { tools } from '../src/tools/index.ts';
import { setEnv } from './support/model-server.ts';

/** This project's own MCP server, as if it were another one. */
const OWN_SERVER = { command: process.execPath, args: ['src/mcp-main.ts'] };

async function connect(mcpServers: unknown): Promise<ConnectedServers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mcp-'));
  try {
    const file = path.join(folder, 'servers.json');
    await writeFile(file, JSON.stringify({ mcpServers }));
    return await connectMcpServers(pathToFileURL(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the file that comes with the project names no server', async () => {
  const { tools: found, close } = await connectMcpServers();

  assert.deepEqual(found, []);
  await close();
});

test('a file that is not as it must be is refused', async () => {
  await assert.rejects(connect({ other: { ...OWN_SERVER } }));
  await assert.rejects(connect({ 'Not A Name': { ...OWN_SERVER, tools: ['x'] } }));
});

test('a tool that the server does not have is refused', async () => {
  await assert.rejects(
    connect({ other: { ...OWN_SERVER, tools: ['no_such_tool'] } }),
    /has no tool no_such_tool/,
  );
});

test('a secret of a server comes from the environment, and its absence is named', async () => {
  const file = { other: { ...OWN_SERVER, env: { KEY: '${A_SECRET_OF_THE_TESTS}' }, tools: ['x'] } };

  await assert.rejects(connect(file), /A_SECRET_OF_THE_TESTS is not set/);
  const restore = setEnv({ A_SECRET_OF_THE_TESTS: 'seven' });
  await assert.rejects(connect(file), /has no tool x/);
  restore();
});

const [first] = tools;
if (first !== undefined) {
  test('tools of another server are offered under its name and need approval', async () => {
    const { tools: found, close } = await connect({ other: { ...OWN_SERVER, tools: [first.name] } });

    assert.deepEqual(
      found.map(({ name, requiresApproval, inputSchema }) => ({
        name,
        requiresApproval,
        type: inputSchema.type,
      })),
      [{ name: `other_${first.name}`.slice(0, 64), requiresApproval: true, type: 'object' }],
    );
    await close();
  });
}
