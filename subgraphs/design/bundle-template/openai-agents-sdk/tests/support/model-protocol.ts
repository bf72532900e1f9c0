/** The Responses API, as far as the agent uses it: answers with text or one tool. */
import type { ServerResponse } from 'node:http';
import { setEnv } from './model-server.ts';
import type { Turn } from './model-server.ts';

export function useModelServer(url: string): () => void {
  return setEnv({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'none' });
}

type SpokenTurn = Extract<Turn, { kind: 'TOOL' | 'TEXT' }>;

export function writeTurn(response: ServerResponse, turn: SpokenTurn, number: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      id: `resp_${number}`,
      object: 'response',
      created_at: 0,
      status: 'completed',
      model: 'fake',
      output: [toOutput(turn, number)],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    }),
  );
}

function toOutput(turn: SpokenTurn, number: number): object {
  if (turn.kind === 'TOOL') {
    return {
      type: 'function_call',
      id: `fc_${number}`,
      call_id: `call_${number}`,
      name: turn.name,
      arguments: JSON.stringify(turn.input),
      status: 'completed',
    };
  }
  return {
    type: 'message',
    id: `msg_${number}`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: turn.text, annotations: [] }],
  };
}
