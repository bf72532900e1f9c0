/** Tools of other MCP servers, as mcp-servers.json names them. They run behind the same gate as the agent's own. */
import { readFile } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';
import { AGENT_VERSION } from './config.ts';
import { expandEnv, pickEnv } from './env.ts';
import type { Tool } from './tool.ts';
import { toObjectSchema } from './tool.ts';

const CONNECT_TIMEOUT_MS = 15_000;

const shared = {
  /** Only these are offered to the model: a server cannot add tools by itself. */
  tools: z.array(z.string().min(1)).min(1),
  requireApproval: z.boolean().default(true),
};
const serverSchema = z.union([
  z.strictObject({
    ...shared,
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ ...shared, url: z.url(), headers: z.record(z.string(), z.string()).default({}) }),
]);
const fileSchema = z.strictObject({
  mcpServers: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/), serverSchema),
});

type ServerConfig = z.infer<typeof serverSchema>;

export interface ConnectedServers {
  readonly tools: readonly Tool[];
  readonly close: () => Promise<void>;
}

/** Throws when the file is not valid, a server cannot be reached, or lacks a tool that the file names. */
export async function connectMcpServers(
  file: URL = new URL('../mcp-servers.json', import.meta.url),
): Promise<ConnectedServers> {
  const { mcpServers } = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const clients: Client[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled(clients.map(async (client) => await client.close()));
  };
  try {
    const tools: Tool[] = [];
    for (const [name, config] of Object.entries(mcpServers)) {
      const client = new Client({ name: 'agent', version: AGENT_VERSION });
      clients.push(client);
      await client.connect(toTransport(config), { timeout: CONNECT_TIMEOUT_MS });
      tools.push(...(await listTools(name, config, client)));
    }
    return { tools, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function toTransport(config: ServerConfig): StdioClientTransport | StreamableHTTPClientTransport {
  if ('url' in config) {
    return new StreamableHTTPClientTransport(new URL(config.url), {
      requestInit: { headers: expandAll(config.headers) },
    });
  }
  const { command, args } = config;
  return new StdioClientTransport({
    command,
    args,
    env: { ...pickEnv(['PATH', 'HOME']), ...expandAll(config.env) },
  });
}

function expandAll(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expandEnv(value)]));
}

async function listTools(server: string, config: ServerConfig, client: Client): Promise<readonly Tool[]> {
  const { tools } = await client.listTools();
  return config.tools.map((wanted) => {
    const tool = tools.find(({ name }) => name === wanted);
    if (tool === undefined) throw new Error(`The MCP server ${server} has no tool ${wanted}.`);
    return {
      name: `${server}_${wanted}`.replace(/[^a-zA-Z0-9_]/g, '_').slice(0, 64),
      description: tool.description ?? wanted,
      inputSchema: toObjectSchema(tool.inputSchema),
      requiresApproval: config.requireApproval,
      isStub: false,
      parseInput: (input) => z.record(z.string(), z.unknown()).parse(input),
      execute: async (input, { signal }) => {
        const call = { name: wanted, arguments: z.record(z.string(), z.unknown()).parse(input) };
        const result = await client.callTool(call, undefined, { signal });
        if (result.isError === true) throw new Error(JSON.stringify(result.content));
        return result.structuredContent ?? result.content;
      },
    };
  });
}
