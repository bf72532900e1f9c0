/** The one place where tools run: checked input, a person's approval where it is due, a time limit, and errors as answers. */
import { z } from 'zod';
import { TOOL_TIMEOUT_MS } from './config.ts';
import type { Tool } from './tool.ts';

const MAX_RESULT_CHARACTERS = 100_000;

/** Asks a person; true lets the tool run. */
export type Approve = (tool: string, input: unknown) => Promise<boolean>;

export interface ToolCall {
  readonly name: string;
  readonly input: unknown;
  readonly outcome: 'DONE' | 'FAILED' | 'REFUSED';
}

/** What the model is told. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
}

export interface ToolRunnerOptions {
  readonly tools: readonly Tool[];
  readonly approve: Approve;
  readonly signal?: AbortSignal | undefined;
  readonly handOffDepth?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Runs the tools of one task and remembers what was called. */
export class ToolRunner {
  readonly tools: readonly Tool[];
  readonly #calls: ToolCall[] = [];
  readonly #options: ToolRunnerOptions;

  constructor(options: ToolRunnerOptions) {
    this.tools = options.tools;
    this.#options = options;
  }

  get calls(): readonly ToolCall[] {
    return this.#calls;
  }

  /** Never throws: the model reads what went wrong and may act upon it. */
  async run(name: string, rawInput: unknown): Promise<ToolResult> {
    const tool = this.tools.find((candidate) => candidate.name === name);
    if (tool === undefined) return this.#end(name, rawInput, 'FAILED', `There is no tool ${name}.`);
    try {
      const input = tool.parseInput(rawInput);
      if (tool.requiresApproval && !(await this.#options.approve(name, input))) {
        return this.#end(
          name,
          input,
          'REFUSED',
          `A person refused ${name}. Do not call it again; say what is open.`,
        );
      }
      const answer = await this.#withinTime(tool, input);
      return this.#end(name, input, 'DONE', toText(answer));
    } catch (error) {
      return this.#end(name, rawInput, 'FAILED', toMessage(name, error));
    }
  }

  #end(name: string, input: unknown, outcome: ToolCall['outcome'], text: string): ToolResult {
    this.#calls.push({ name, input, outcome });
    return { isError: outcome !== 'DONE', text: text.slice(0, MAX_RESULT_CHARACTERS) };
  }

  async #withinTime(tool: Tool, input: unknown): Promise<unknown> {
    const { signal, handOffDepth = 0, timeoutMs = TOOL_TIMEOUT_MS } = this.#options;
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort(new Error(`${tool.name} gave no answer within ${timeoutMs} ms.`));
    }, timeoutMs);
    const either = signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      aborted.reject(either.reason instanceof Error ? either.reason : new Error('The task was stopped.'));
    };
    try {
      if (either.aborted) onAbort();
      either.addEventListener('abort', onAbort, { once: true });
      return await Promise.race([aborted.promise, tool.execute(input, { signal: either, handOffDepth })]);
    } finally {
      clearTimeout(timer);
      either.removeEventListener('abort', onAbort);
    }
  }
}

function toText(answer: unknown): string {
  if (typeof answer === 'string') return answer;
  return answer === undefined ? 'Done.' : JSON.stringify(answer);
}

function toMessage(name: string, error: unknown): string {
  if (error instanceof z.ZodError) return `${name}: the data does not fit.\n${z.prettifyError(error)}`;
  return error instanceof Error ? error.message : `${name} failed.`;
}
