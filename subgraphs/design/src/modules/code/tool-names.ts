/** Gives every tool of a definition a callable name, a file and an export that no other tool has. */
import type { AgentTool } from '../definition/agent-definition.ts';
import { takeUnique } from '../definition/plain-text.ts';
import { toFileWords } from './literals.ts';

export interface NamedTool {
  readonly tool: AgentTool;
  /** What the model calls. */
  readonly name: string;
  /** File below `src/tools`, without its ending. */
  readonly file: string;
  /** Name of the export in that file. */
  readonly variable: string;
}

/** Files of our own, and names that Windows keeps for devices. */
const RESERVED_FILES = new Set(['index', 'con', 'prn', 'aux', 'nul']);

export function nameTools(tools: readonly AgentTool[]): readonly NamedTool[] {
  const takenNames = new Set<string>();
  const takenFiles = new Set<string>();
  const takenVariables = new Set<string>();
  return tools.map((tool) => {
    const name = takeUnique(toToolName(tool.name), takenNames);
    const file = takeUnique(toToolFile(name), takenFiles, '-');
    return { tool, name, file, variable: takeUnique(toVariable(file), takenVariables) };
  });
}

function toToolName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]+/g, '_').slice(0, 60);
  return /^[a-zA-Z]/.test(plain) ? plain : `tool_${plain}`.slice(0, 60);
}

function toToolFile(name: string): string {
  const words = toFileWords(name, 'tool', 64);
  return RESERVED_FILES.has(words) || /^(?:com|lpt)\d$/.test(words) ? `${words}-tool` : words;
}

function toVariable(file: string): string {
  const camel = file.replace(/-([a-z0-9])/g, (_, character: string) => character.toUpperCase());
  return `${camel}Tool`;
}
