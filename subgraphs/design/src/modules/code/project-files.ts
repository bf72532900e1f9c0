/** What of a project's files depends on the agent: package.json, configuration, the list of variables. */
import { invariant } from '@flowgrid/platform';
import { z } from 'zod';
import type { IntegrationKind, JsonValue } from '../definition/agent-definition.ts';
import { oneLine } from '../definition/plain-text.ts';
import type { CodeTarget } from '../session/session.ts';
import { BUNDLE_VERSION } from './agent-card.ts';
import type { BundleAgent } from './bundle-agent.ts';
import { toJsonFile, toLiteral } from './literals.ts';

const DEFAULT_MAX_TURNS = 40;
const DEFAULT_TOOL_TIMEOUT_MS = 30_000;
const MAX_TOOL_TIMEOUT_MS = 600_000;

const MODEL_PROVIDERS: Readonly<Record<CodeTarget, string>> = {
  CLAUDE_AGENT_SDK: 'anthropic',
  OPENAI_AGENTS_SDK: 'openai',
};

/** Records keep the order of their keys. */
const record = z.record(z.string(), z.unknown());

export function toPackageJson(template: string, { agent, folder }: BundleAgent): string {
  const description = oneLine(agent.summary, 200) || oneLine(agent.name, 200);
  return toJsonFile({ ...record.parse(JSON.parse(template)), name: folder, description });
}

export function toPackageLock(template: string, { folder }: BundleAgent): string {
  const lock = record.parse(JSON.parse(template));
  const packages = record.parse(lock['packages']);
  const root = { ...record.parse(packages['']), name: folder };
  return toJsonFile({ ...lock, name: folder, packages: { ...packages, '': root } });
}

export function usesModel({ target, agent }: BundleAgent): boolean {
  return agent.definition.model.provider === MODEL_PROVIDERS[target];
}

export function toConfigSource(member: BundleAgent): string {
  const { target, agent } = member;
  const { model, settings } = agent.definition;
  const turns = positiveInteger(settings['maxTurns'], DEFAULT_MAX_TURNS);
  const timeout = positiveInteger(settings['toolTimeoutMs'], DEFAULT_TOOL_TIMEOUT_MS);
  const sampling = [
    `export const TEMPERATURE: number | null = ${String(model.temperature)};`,
    `export const MAX_OUTPUT_TOKENS: number | null = ${String(model.maxOutputTokens)};`,
  ];
  const lines = [
    `export const AGENT_NAME = ${toLiteral(oneLine(agent.name, 200) || 'Agent')};`,
    `export const AGENT_VERSION = ${toLiteral(BUNDLE_VERSION)};`,
    '/** Null leaves the choice to the SDK. */',
    `export const MODEL: string | null = ${usesModel(member) ? toLiteral(model.name) : 'null'};`,
    ...(target === 'OPENAI_AGENTS_SDK' ? sampling : []),
    `export const MAX_TURNS = ${turns};`,
    `export const TOOL_TIMEOUT_MS = ${Math.min(timeout, MAX_TOOL_TIMEOUT_MS)};`,
  ];
  return `${lines.join('\n')}\n`;
}

function positiveInteger(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : fallback;
}

/** The systems whose tools the agent has, whether they are written or not. */
export function connectorKinds({ tools }: BundleAgent): readonly IntegrationKind[] {
  const kinds = tools.flatMap(({ tool }) => (tool.integrationKind === null ? [] : [tool.integrationKind]));
  return [...new Set(kinds)].toSorted();
}

interface Variable {
  readonly name: string;
  readonly purpose: string;
}

const MODEL_VARIABLES: Readonly<Record<CodeTarget, readonly Variable[]>> = {
  CLAUDE_AGENT_SDK: [
    { name: 'ANTHROPIC_API_KEY', purpose: 'Key for the model' },
    { name: 'ANTHROPIC_BASE_URL', purpose: 'Another address of the model, such as a gateway' },
  ],
  OPENAI_AGENTS_SDK: [
    { name: 'OPENAI_API_KEY', purpose: 'Key for the model' },
    { name: 'OPENAI_BASE_URL', purpose: 'Another address of the model, such as a gateway; ends with /v1' },
  ],
};

const SERVER_VARIABLES: readonly Variable[] = [
  { name: 'AGENT_MODEL', purpose: 'Another model than the one in src/config.ts' },
  {
    name: 'AGENT_TOKEN',
    purpose: 'What callers of the server must show as bearer token; 16 characters at least',
  },
  { name: 'HOST', purpose: 'Where the server listens; 127.0.0.1 when empty' },
  { name: 'PORT', purpose: '8080 when empty' },
  { name: 'PUBLIC_URL', purpose: 'Where others reach the server; stands in the agent card' },
  { name: 'MAX_CONCURRENT_RUNS', purpose: 'Tasks at once; 4 when empty' },
  { name: 'RUN_TIMEOUT_MS', purpose: 'How long one task may take; 300000 when empty' },
  {
    name: 'MCP_APPROVED_TOOLS',
    purpose: 'For npm run mcp: tools that run without asking, separated by commas',
  },
];

const CONNECTOR_VARIABLES: Readonly<Record<IntegrationKind, readonly Variable[]>> = {
  GITHUB: [
    { name: 'GITHUB_API_URL', purpose: 'https://api.github.com when empty' },
    { name: 'GITHUB_REPOSITORY', purpose: 'owner/name' },
    { name: 'GITHUB_TOKEN', purpose: 'A token that may read and write issues' },
  ],
  JIRA: [
    { name: 'JIRA_BASE_URL', purpose: 'Such as https://acme.atlassian.net' },
    { name: 'JIRA_EMAIL', purpose: 'Whose token it is' },
    { name: 'JIRA_API_TOKEN', purpose: 'API token' },
    { name: 'JIRA_PROJECT_KEY', purpose: 'The project that the agent works in' },
    { name: 'JIRA_ISSUE_TYPE', purpose: 'Type of new issues; Task when empty' },
  ],
  SERVICENOW: [
    { name: 'SERVICENOW_BASE_URL', purpose: 'Such as https://acme.service-now.com' },
    { name: 'SERVICENOW_USER', purpose: 'An integration user' },
    { name: 'SERVICENOW_PASSWORD', purpose: 'Its password' },
    { name: 'SERVICENOW_TABLE', purpose: 'incident when empty' },
  ],
};

export function variablesOf(member: BundleAgent): readonly Variable[] {
  const handOffs = member.handOffs.flatMap(({ envPrefix, folder }) => [
    { name: `${envPrefix}_AGENT_URL`, purpose: `Where the agent ${folder} is reached` },
    { name: `${envPrefix}_AGENT_TOKEN`, purpose: `What ${folder} takes as bearer token` },
  ]);
  const variables = [
    ...MODEL_VARIABLES[member.target],
    ...SERVER_VARIABLES,
    ...connectorKinds(member).flatMap((kind) => CONNECTOR_VARIABLES[kind]),
    ...handOffs,
  ];
  invariant(
    new Set(variables.map(({ name }) => name)).size === variables.length,
    'variables are named twice',
  );
  return variables;
}

export function toEnvExample(member: BundleAgent): string {
  return variablesOf(member)
    .map(({ name, purpose }) => `# ${purpose}\n${name}=\n`)
    .join('\n');
}
