/** Serves this agent's tools over MCP on standard input and output: npm run mcp. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { readEnv } from './env.ts';
import { createMcpServer } from './mcp.ts';
import { ToolRunner } from './run-tools.ts';
import { tools } from './tools/index.ts';

// Nobody can be asked here: a tool that needs approval runs only when whoever starts this server named it.
const approved = new Set((readEnv('MCP_APPROVED_TOOLS') ?? '').split(',').map((name) => name.trim()));
const runner = new ToolRunner({ tools, approve: async (name) => await Promise.resolve(approved.has(name)) });

await createMcpServer(runner).connect(new StdioServerTransport());
