/** Serves tools over the Model Context Protocol, so that any framework that speaks it can use them. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { AGENT_VERSION } from './config.ts';
import type { ToolRunner } from './run-tools.ts';

export const MCP_SERVER_NAME = 'process';

export function createMcpServer(runner: ToolRunner): McpServer {
  const server = new McpServer(
    { name: MCP_SERVER_NAME, version: AGENT_VERSION },
    { capabilities: { tools: {} } },
  );
  server.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: runner.tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema: {
        type: inputSchema.type,
        properties: Object.fromEntries(
          Object.entries(inputSchema.properties).map(([key, value]) => [
            key,
            typeof value === 'boolean' ? {} : value,
          ]),
        ),
        required: [...inputSchema.required],
      },
    })),
  }));
  server.server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const { isError, text } = await runner.run(params.name, params.arguments ?? {});
    return { isError, content: [{ type: 'text' as const, text }] };
  });
  return server;
}
