/** What a tool is, whichever framework runs the agent. */
import { z } from 'zod';

export interface ToolContext {
  /** Aborted when the tool's time is over, or nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** How many agents handed this task on before it came here. */
  readonly handOffDepth: number;
}

export interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>> | boolean>>;
  readonly required: readonly string[];
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema that the model is given. */
  readonly inputSchema: ObjectSchema;
  /** A person must agree each time before it runs. */
  readonly requiresApproval: boolean;
  /** Not written yet: every call fails with NotImplementedError. */
  readonly isStub: boolean;
  /** Throws when the input is not what the tool takes. */
  readonly parseInput: (input: unknown) => unknown;
  /** Takes what `parseInput` gave. */
  readonly execute: (input: unknown, context: ToolContext) => Promise<unknown>;
}

/** The tool exists in the design, but nothing serves it yet. */
export class NotImplementedError extends Error {
  override readonly name = 'NotImplementedError';

  constructor(tool: string) {
    super(
      `${tool} is not implemented: write its execute function in src/tools (README.md lists what is missing).`,
    );
  }
}

/** The tool works once an environment variable is set. */
export class NotConfiguredError extends Error {
  override readonly name = 'NotConfiguredError';

  constructor(variable: string) {
    super(`${variable} is not set (.env.example says what it is).`);
  }
}

export interface ToolDefinition<Input extends z.ZodType, Output extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly requiresApproval: boolean;
  readonly isStub?: boolean;
  readonly execute: (input: z.infer<Input>, context: ToolContext) => Promise<z.input<Output>>;
}

/** Checks what goes into a tool and what comes out of it. */
export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  const { name, description, input, output, requiresApproval, isStub = false } = definition;
  return {
    name,
    description,
    inputSchema: toObjectSchema(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })),
    requiresApproval,
    isStub,
    parseInput: (value) => input.parse(toOwn(value)),
    execute: async (value, context) =>
      output.parse(toOwn(await definition.execute(input.parse(toOwn(value)), context))),
  };
}

/** A property such as `constructor` is there when it was given, not because every object inherits it. */
function toOwn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toOwn);
  if (typeof value !== 'object' || value === null) return value;
  const own = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toOwn(member)]));
  Object.setPrototypeOf(own, null);
  return own;
}

const objectSchema = z.object({
  type: z.literal('object'),
  properties: z.record(z.string(), z.union([z.record(z.string(), z.unknown()), z.boolean()])).default({}),
  required: z.array(z.string()).default([]),
});

/** Throws when a tool's input is anything but an object. */
export function toObjectSchema(schema: unknown): ObjectSchema {
  return objectSchema.parse(schema);
}
