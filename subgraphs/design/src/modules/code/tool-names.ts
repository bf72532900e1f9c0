/** Gives every tool and hand-off of an agent a callable name, a file and an export that no other one has. */
import type { AgentTool } from '../definition/agent-definition.ts';
import { takeUnique } from '../definition/plain-text.ts';
import { toFileWords } from './literals.ts';
import { deriveOperation } from './operation.ts';
import type { Operation } from './operation.ts';

export interface NamedTool {
  readonly tool: AgentTool;
  /** What it does in its system; null while it is a stub. */
  readonly operation: Operation | null;
  /** What the model calls. */
  readonly name: string;
  /** File below `src/tools`, without its ending. */
  readonly file: string;
  /** Name of the export in that file. */
  readonly variable: string;
}

const MAX_NAME_LENGTH = 60;
/** Files of our own, and names that Windows keeps for devices. */
const RESERVED_FILES = new Set(['index', 'con', 'prn', 'aux', 'nul', 'hand-offs']);

/** `takenNames` are those that are no tool's; what is named is added. */
export function nameTools(tools: readonly AgentTool[], takenNames: Set<string>): readonly NamedTool[] {
  const takenFiles = new Set<string>();
  const takenVariables = new Set<string>();
  return tools.map((tool) => {
    const name = takeUnique(toToolName(tool.name), takenNames);
    const file = takeUnique(toToolFile(name), takenFiles, '-');
    const variable = takeUnique(toVariable(file), takenVariables);
    return { tool, operation: deriveOperation(tool), name, file, variable };
  });
}

export function toToolName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]+/g, '_').slice(0, MAX_NAME_LENGTH);
  return /^[a-zA-Z]/.test(plain) ? plain : `tool_${plain}`.slice(0, MAX_NAME_LENGTH);
}

function toToolFile(name: string): string {
  const words = toFileWords(name, 'tool', 64);
  return RESERVED_FILES.has(words) || /^(?:com|lpt)\d$/.test(words) ? `${words}-tool` : words;
}

function toVariable(file: string): string {
  const camel = file.replace(/-([a-z0-9])/g, (_, character: string) => character.toUpperCase());
  return `${/^\d/.test(camel) ? `tool${camel}` : camel}Tool`;
}
