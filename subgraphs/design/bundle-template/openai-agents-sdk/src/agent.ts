/** The agent on the OpenAI Agents SDK: its instructions, its tools and nothing else. */
import { Agent, MaxTurnsExceededError, OpenAIProvider, Runner, tool } from '@openai/agents';
import type { ModelSettings } from '@openai/agents';
import { AgentError } from './agent-task.ts';
import type { AgentAnswer, AgentTask } from './agent-task.ts';
import { AGENT_NAME, MAX_OUTPUT_TOKENS, MAX_TURNS, MODEL, TEMPERATURE } from './config.ts';
import { readEnv, requireEnv } from './env.ts';
import { readInstructions } from './prompt.ts';
import { ToolRunner } from './run-tools.ts';
import type { Tool } from './tool.ts';

/** One of these must be set. */
export const MODEL_KEYS = ['OPENAI_API_KEY'];

/** Works on one task. Throws AgentError when the agent ends without an answer. */
export async function runAgent(task: AgentTask): Promise<AgentAnswer> {
  const { prompt, tools, approve, signal, handOffDepth, onText } = task;
  const runner = new ToolRunner({ tools, approve, signal, handOffDepth });
  const model = readEnv('AGENT_MODEL') ?? MODEL;
  const agent = new Agent({
    name: AGENT_NAME,
    instructions: await readInstructions(),
    tools: tools.map((one) => toFunctionTool(one, runner)),
    modelSettings: toModelSettings(),
    ...(model === null ? {} : { model }),
  });
  const provider = createProvider();
  try {
    const options = { maxTurns: MAX_TURNS, ...(signal === undefined ? {} : { signal }) };
    // Traces would leave for the maker of the SDK.
    const result = await new Runner({ modelProvider: provider, tracingDisabled: true }).run(
      agent,
      prompt,
      options,
    );
    const text = result.finalOutput;
    if (text === undefined) throw new AgentError('MODEL_FAILED', 'The agent ended without a result.');
    onText?.(text);
    return { text, toolCalls: runner.calls };
  } catch (error) {
    throw toAgentError(error, signal);
  } finally {
    await provider.close();
  }
}

function createProvider(): OpenAIProvider {
  const baseURL = readEnv('OPENAI_BASE_URL');
  return new OpenAIProvider({
    apiKey: requireEnv('OPENAI_API_KEY'),
    useResponses: true,
    ...(baseURL === null ? {} : { baseURL }),
  });
}

function toModelSettings(): ModelSettings {
  return {
    // The approvals of one task are asked one after the other.
    parallelToolCalls: false,
    store: false,
    ...(TEMPERATURE === null ? {} : { temperature: TEMPERATURE }),
    ...(MAX_OUTPUT_TOKENS === null ? {} : { maxTokens: MAX_OUTPUT_TOKENS }),
  };
}

/** Approval by a person is asked where tools run, as for every other framework. */
function toFunctionTool(
  { name, description, inputSchema }: Tool,
  runner: ToolRunner,
): ReturnType<typeof tool> {
  return tool({
    name,
    description,
    parameters: {
      type: 'object',
      properties: { ...inputSchema.properties },
      required: [...inputSchema.required],
      additionalProperties: true,
    },
    strict: false,
    execute: async (input) => {
      const { isError, text } = await runner.run(name, input);
      return isError ? `Error: ${text}` : text;
    },
  });
}

function toAgentError(error: unknown, signal: AbortSignal | undefined): AgentError {
  if (error instanceof AgentError) return error;
  if (signal?.aborted === true) return new AgentError('ABORTED', 'The task was stopped.', { cause: error });
  if (error instanceof MaxTurnsExceededError) {
    return new AgentError('MAX_TURNS', `The agent was not done after ${MAX_TURNS} turns.`, { cause: error });
  }
  return new AgentError('MODEL_FAILED', error instanceof Error ? error.message : 'The model failed.', {
    cause: error,
  });
}
