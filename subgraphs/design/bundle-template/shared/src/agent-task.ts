/** What goes into an agent's work and what comes out, whichever framework runs it. */
import type { Approve, ToolCall } from './run-tools.ts';
import type { Tool } from './tool.ts';

export interface AgentTask {
  readonly prompt: string;
  readonly tools: readonly Tool[];
  readonly approve: Approve;
  /** Stops the model and the tools. */
  readonly signal?: AbortSignal | undefined;
  readonly handOffDepth?: number | undefined;
  /** Called with what the agent says while it works. */
  readonly onText?: ((text: string) => void) | undefined;
}

export interface AgentAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
}

export type RunAgent = (task: AgentTask) => Promise<AgentAnswer>;

/** The agent ended without an answer. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: 'MAX_TURNS' | 'ABORTED' | 'MODEL_FAILED';

  constructor(code: AgentError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
