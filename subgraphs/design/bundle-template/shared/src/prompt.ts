/** The agent's instructions, from prompts/instructions.md. */
import { readFile } from 'node:fs/promises';

export async function readInstructions(): Promise<string> {
  return await readFile(new URL('../prompts/instructions.md', import.meta.url), 'utf8');
}
