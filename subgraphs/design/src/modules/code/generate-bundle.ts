/** Generates a downloadable TypeScript project for an agent. The same input gives the same bytes. */
import type { AgentDefinition, JsonValue } from '../definition/agent-definition.ts';
import { oneLine } from '../definition/plain-text.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import {
  AGENT_SOURCE,
  CONNECTORS_SOURCE,
  ENV_SOURCE,
  GITIGNORE,
  MAIN_SOURCE,
  RUN_TOOL_SOURCE,
} from './bundle-sources.ts';
import { toJsonFile, toLiteral } from './literals.ts';
import { toEnvExample, toPackageJson, toTsconfig } from './project-files.ts';
import { toReadme } from './readme.ts';
import { toToolIndexSource, toToolSource } from './tool-files.ts';
import { nameTools } from './tool-names.ts';

const DEFAULT_MAX_TURNS = 40;
const DEFAULT_TOOL_TIMEOUT_MS = 30_000;
const MAX_TOOL_TIMEOUT_MS = 600_000;

export interface BundleFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly content: string;
}

export interface BundleInput {
  readonly name: string;
  readonly slug: string;
  readonly definition: AgentDefinition;
  readonly processModel: ProcessModel;
}

export interface Bundle {
  /** In the order of their paths. */
  readonly files: readonly BundleFile[];
}

export function generateBundle({ name, slug, definition, processModel }: BundleInput): Bundle {
  const tools = nameTools(definition.tools);
  const files: readonly BundleFile[] = [
    { path: '.env.example', content: toEnvExample(definition) },
    { path: '.gitignore', content: GITIGNORE },
    { path: 'README.md', content: toReadme({ name, definition, processModel, tools }) },
    { path: 'agent.json', content: toJsonFile({ name, slug, definition }) },
    { path: 'package.json', content: toPackageJson(name, slug) },
    { path: 'process.json', content: toJsonFile(processModel) },
    { path: 'prompts/instructions.md', content: `${definition.instructions.toWellFormed().trimEnd()}\n` },
    { path: 'src/agent.ts', content: AGENT_SOURCE },
    { path: 'src/config.ts', content: toConfigSource(name, definition) },
    { path: 'src/connectors.ts', content: CONNECTORS_SOURCE },
    { path: 'src/env.ts', content: ENV_SOURCE },
    { path: 'src/main.ts', content: MAIN_SOURCE },
    { path: 'src/run-tool.ts', content: RUN_TOOL_SOURCE },
    { path: 'src/tools/index.ts', content: toToolIndexSource(tools) },
    ...tools.map((tool) => ({ path: `src/tools/${tool.file}.ts`, content: toToolSource(tool) })),
    { path: 'tsconfig.json', content: toTsconfig() },
  ];
  return { files: files.toSorted((left, right) => (left.path < right.path ? -1 : 1)) };
}

function toConfigSource(name: string, { model, settings }: AgentDefinition): string {
  const maxTurns = positiveInteger(settings['maxTurns'], DEFAULT_MAX_TURNS);
  const timeoutMs = Math.min(
    positiveInteger(settings['toolTimeoutMs'], DEFAULT_TOOL_TIMEOUT_MS),
    MAX_TOOL_TIMEOUT_MS,
  );
  const modelName = model.provider === 'anthropic' ? toLiteral(model.name) : 'null';
  return [
    `export const AGENT_NAME = ${toLiteral(oneLine(name, 200))};`,
    '/** Null leaves the choice to the SDK. */',
    `export const MODEL: string | null = ${modelName};`,
    `export const MAX_TURNS = ${maxTurns};`,
    `export const TOOL_TIMEOUT_MS = ${timeoutMs};`,
    '',
  ].join('\n');
}

function positiveInteger(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : fallback;
}
