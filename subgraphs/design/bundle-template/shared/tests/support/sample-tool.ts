/** A tool for tests that are about something else than tools. */
import { z } from 'zod';
import { defineTool } from '../../src/tool.ts';
import type { Tool, ToolContext } from '../../src/tool.ts';

interface SampleOptions {
  readonly requiresApproval?: boolean;
  readonly execute?: (input: { value: string }, context: ToolContext) => Promise<{ said: string }>;
}

export function sampleTool({ requiresApproval = false, execute }: SampleOptions = {}): Tool {
  return defineTool({
    name: 'sample_tool',
    description: 'Says back what it is given.',
    input: z.strictObject({ value: z.string() }),
    output: z.object({ said: z.string() }),
    requiresApproval,
    execute: execute ?? (async ({ value }) => await Promise.resolve({ said: value })),
  });
}

export const yes = async (): Promise<boolean> => await Promise.resolve(true);
export const no = async (): Promise<boolean> => await Promise.resolve(false);
