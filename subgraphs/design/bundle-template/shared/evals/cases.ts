/** The ways through the process, from cases.json, and tools that answer with samples instead of reaching a system. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Tool } from '../src/tool.ts';

const caseSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** The conditions that hold on this way. */
  given: z.array(z.string()),
  input: z.string(),
  /** Tools in the order in which they are called. */
  steps: z.array(z.strictObject({ tool: z.string(), input: z.unknown(), output: z.unknown() })),
  /** Tools that a person must approve on this way. */
  approvals: z.array(z.string()),
  outcome: z.string(),
});

export type ProcessCase = z.infer<typeof caseSchema>;

export async function readCases(): Promise<readonly ProcessCase[]> {
  const text = await readFile(new URL('./cases.json', import.meta.url), 'utf8');
  return z.array(caseSchema).parse(JSON.parse(text));
}

/** The same tools with the same gate; what they do is to answer with the sample of the case. */
export function rehearse(tools: readonly Tool[], { steps }: ProcessCase): readonly Tool[] {
  return tools.map((tool) => {
    const sample = steps.find((step) => step.tool === tool.name);
    return { ...tool, execute: async () => await Promise.resolve(sample?.output ?? 'Nothing was found.') };
  });
}
