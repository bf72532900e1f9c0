/** The agent on the Claude Agent SDK: its instructions, its tools and nothing else. */
import { query } from '@anthropic-ai/claude-agent-sdk';
import type { CanUseTool, Options, SDKMessage, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import { AgentError } from './agent-task.ts';
import type { AgentAnswer, AgentTask } from './agent-task.ts';
import { MAX_TURNS, MODEL } from './config.ts';
import { pickEnv, readEnv } from './env.ts';
import { createMcpServer, MCP_SERVER_NAME } from './mcp.ts';
import { readInstructions } from './prompt.ts';
import { ToolRunner } from './run-tools.ts';

/** One of these must be set. */
export const MODEL_KEYS = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
];

/** What the SDK's program is given of the environment: it needs no credential of a connector. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'ANTHROPIC_',
  'CLAUDE_',
  'AWS_',
  'GOOGLE_',
  'CLOUD_ML_REGION',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_',
];
const TOOL_PREFIX = `mcp__${MCP_SERVER_NAME}__`;

/** Works on one task. Throws AgentError when the agent ends without an answer. */
export async function runAgent(task: AgentTask): Promise<AgentAnswer> {
  const { tools, approve, signal, handOffDepth } = task;
  const abortController = new AbortController();
  const onAbort = (): void => {
    abortController.abort(signal?.reason);
  };
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const runner = new ToolRunner({ tools, approve, signal: abortController.signal, handOffDepth });
  try {
    const text = await readAnswer(task, await toOptions(runner, abortController));
    return { text, toolCalls: runner.calls };
  } catch (error) {
    if (signal?.aborted === true) throw new AgentError('ABORTED', 'The task was stopped.', { cause: error });
    if (error instanceof AgentError) throw error;
    throw new AgentError('MODEL_FAILED', toMessage(error), { cause: error });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    abortController.abort();
  }
}

async function readAnswer({ prompt, onText }: AgentTask, options: Options): Promise<string> {
  for await (const message of query({ prompt, options })) {
    if (onText !== undefined) reportText(message, onText);
    if (message.type === 'result') return toAnswer(message);
  }
  throw new AgentError('MODEL_FAILED', 'The agent ended without a result.');
}

async function toOptions(runner: ToolRunner, abortController: AbortController): Promise<Options> {
  const model = readEnv('AGENT_MODEL') ?? MODEL;
  return {
    systemPrompt: await readInstructions(),
    maxTurns: MAX_TURNS,
    // No built-in tools and no settings of the machine: the agent can do what its own tools do, no more.
    tools: [],
    settingSources: [],
    strictMcpConfig: true,
    persistSession: false,
    // The text of a task is data: it neither names files to read nor commands to run.
    verbatimPrompts: true,
    mcpServers: {
      [MCP_SERVER_NAME]: { type: 'sdk', name: MCP_SERVER_NAME, instance: createMcpServer(runner) },
    },
    permissionMode: 'default',
    canUseTool: allowOwnTools(runner),
    abortController,
    // The model sees its tools at once instead of searching for them.
    env: {
      ...pickEnv(PASSED_ON),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      ENABLE_TOOL_SEARCH: 'false',
    },
    ...(model === null ? {} : { model }),
  };
}

/** Approval by a person is asked where tools run, so that no setting of the SDK can go round it. */
function allowOwnTools(runner: ToolRunner): CanUseTool {
  return async (qualifiedName, input) => {
    const isOwn = runner.tools.some(({ name }) => qualifiedName === `${TOOL_PREFIX}${name}`);
    return await Promise.resolve(
      isOwn
        ? { behavior: 'allow', updatedInput: input }
        : { behavior: 'deny', message: `This agent has no tool ${qualifiedName}.` },
    );
  };
}

function toAnswer(message: SDKResultMessage): string {
  if (message.subtype === 'success') {
    if (message.is_error) throw new AgentError('MODEL_FAILED', message.result);
    return message.result;
  }
  if (message.subtype === 'error_max_turns') {
    throw new AgentError('MAX_TURNS', `The agent was not done after ${MAX_TURNS} turns.`);
  }
  throw new AgentError('MODEL_FAILED', message.errors.join('; ') || message.subtype);
}

function reportText(message: SDKMessage, onText: (text: string) => void): void {
  if (message.type !== 'assistant') return;
  for (const block of message.message.content) {
    if (block.type === 'text') onText(block.text);
  }
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'The model failed.';
}
