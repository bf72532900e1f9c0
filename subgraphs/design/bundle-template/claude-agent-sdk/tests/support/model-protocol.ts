/** The Messages API, as far as the agent uses it: streamed answers with text or one tool. */
import type { ServerResponse } from 'node:http';
import { MCP_SERVER_NAME } from '../../src/mcp.ts';
import { setEnv } from './model-server.ts';
import type { Turn } from './model-server.ts';

export function useModelServer(url: string): () => void {
  return setEnv({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'none', NO_PROXY: '127.0.0.1' });
}

type SpokenTurn = Extract<Turn, { kind: 'TOOL' | 'TEXT' }>;

export function writeTurn(response: ServerResponse, turn: SpokenTurn, number: number): void {
  const isTool = turn.kind === 'TOOL';
  const write = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  write('message_start', {
    message: {
      id: `msg_${number}`,
      type: 'message',
      role: 'assistant',
      model: 'fake',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  });
  write('content_block_start', {
    index: 0,
    content_block: isTool
      ? { type: 'tool_use', id: `toolu_${number}`, name: `mcp__${MCP_SERVER_NAME}__${turn.name}`, input: {} }
      : { type: 'text', text: '' },
  });
  write('content_block_delta', {
    index: 0,
    delta: isTool
      ? { type: 'input_json_delta', partial_json: JSON.stringify(turn.input) }
      : { type: 'text_delta', text: turn.text },
  });
  write('content_block_stop', { index: 0 });
  write('message_delta', {
    delta: { stop_reason: isTool ? 'tool_use' : 'end_turn', stop_sequence: null },
    usage: { output_tokens: 1 },
  });
  write('message_stop', {});
  response.end();
}
