/** The files of a bundle that are the same for every agent. Nothing is ever put into these texts. */

export const ENV_SOURCE = `/** Every environment variable is read here; an empty one counts as absent. */
export function readEnv(name: string): string | null {
  const value = process.env[name]?.trim();
  return value === undefined || value === '' ? null : value;
}
`;

export const CONNECTORS_SOURCE = `/** Reaches the systems behind the tools: one HTTP endpoint of yours per connector. See README.md. */
import { readEnv } from './env.js';

export type ConnectorKind = 'GITHUB' | 'JIRA' | 'SERVICENOW';

/** The tool exists in the design, but nothing serves it yet. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';

  constructor(tool: string, remedy: string) {
    super('Tool ' + tool + ' is not connected: ' + remedy);
  }
}

export interface ConnectorCall {
  readonly kind: ConnectorKind;
  readonly tool: string;
  readonly input: unknown;
  readonly signal: AbortSignal;
}

/** Posts { tool, input } to the connector and gives the JSON that it answers. */
export async function callConnector({ kind, tool, input, signal }: ConnectorCall): Promise<unknown> {
  const url = readEnv(kind + '_CONNECTOR_URL');
  if (url === null) throw new NotConnectedError(tool, 'set ' + kind + '_CONNECTOR_URL.');
  const token = readEnv(kind + '_CONNECTOR_TOKEN');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: 'Bearer ' + token }),
    },
    body: JSON.stringify({ tool, input }),
    redirect: 'error',
    signal,
  });
  if (!response.ok) throw new Error('The ' + kind + ' connector answered with status ' + String(response.status) + '.');
  const answer: unknown = await response.json();
  return answer;
}
`;

export const RUN_TOOL_SOURCE = `/** Runs a tool within its time; a failure becomes an answer that the model can act upon. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { TOOL_TIMEOUT_MS } from './config.js';

export async function runTool(
  name: string,
  execute: (signal: AbortSignal) => Promise<unknown>,
  timeoutMs: number = TOOL_TIMEOUT_MS,
): Promise<CallToolResult> {
  const abort = new AbortController();
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error('Tool ' + name + ' gave no answer within ' + String(timeoutMs) + ' ms.');
    timeout.reject(error);
    abort.abort(error);
  }, timeoutMs);
  try {
    const answer = await Promise.race([execute(abort.signal), timeout.promise]);
    return { content: [{ type: 'text', text: answer === undefined ? 'Done.' : JSON.stringify(answer) }] };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'Tool ' + name + ' failed.';
    return { isError: true, content: [{ type: 'text', text: message }] };
  } finally {
    clearTimeout(timer);
  }
}
`;

export const AGENT_SOURCE = `/** The agent: its instructions, its tools, and who must agree before a tool runs. */
import { readFile } from 'node:fs/promises';
import { createSdkMcpServer, query } from '@anthropic-ai/claude-agent-sdk';
import type { CanUseTool, Options, SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { MAX_TURNS, MODEL } from './config.js';
import { readEnv } from './env.js';
import { approvalToolNames, freeToolNames, tools } from './tools/index.js';

const SERVER = 'process';
const PREFIX = 'mcp__' + SERVER + '__';

/** Asks a person; true lets the tool run. */
export type Approve = (tool: string, input: Readonly<Record<string, unknown>>) => Promise<boolean>;

export interface AgentRun {
  readonly prompt: string;
  readonly approve: Approve;
  /** Called with what the agent says while it works. */
  readonly onText: (text: string) => void;
  readonly abortController?: AbortController;
}

/** Works on one task and gives the final answer. Throws when the agent stops without one. */
export async function runAgent(run: AgentRun): Promise<string> {
  for await (const message of query({ prompt: run.prompt, options: await toOptions(run) })) {
    reportText(message, run.onText);
    if (message.type !== 'result') continue;
    if (message.subtype === 'success' && !message.is_error) return message.result;
    const reason = message.subtype === 'success' ? message.result : message.errors.join('; ');
    throw new Error('The agent stopped: ' + (reason === '' ? message.subtype : reason));
  }
  throw new Error('The agent stopped without a result.');
}

async function toOptions(run: AgentRun): Promise<Options> {
  const model = readEnv('AGENT_MODEL') ?? MODEL;
  return {
    systemPrompt: await readFile(new URL('../prompts/instructions.md', import.meta.url), 'utf8'),
    maxTurns: MAX_TURNS,
    // No built-in tools and no settings of the machine: the agent can do what its own tools do, no more.
    tools: [],
    settingSources: [],
    strictMcpConfig: true,
    mcpServers: { [SERVER]: createSdkMcpServer({ name: SERVER, version: '1.0.0', tools }) },
    permissionMode: 'default',
    canUseTool: decide(run.approve),
    ...(model === null ? {} : { model }),
    ...(run.abortController === undefined ? {} : { abortController: run.abortController }),
  };
}

/** The one place where a tool is let through: freely, after a person agreed, or not at all. */
function decide(approve: Approve): CanUseTool {
  return async (qualifiedName, input) => {
    const name = qualifiedName.startsWith(PREFIX) ? qualifiedName.slice(PREFIX.length) : '';
    if (freeToolNames.includes(name)) return { behavior: 'allow', updatedInput: input };
    if (!approvalToolNames.includes(name)) {
      return { behavior: 'deny', message: 'This agent has no tool ' + qualifiedName + '.' };
    }
    if (await approve(name, input)) return { behavior: 'allow', updatedInput: input };
    return { behavior: 'deny', message: 'A person refused ' + name + '. Do not try it again; say what is open.' };
  };
}

function reportText(message: SDKMessage, onText: (text: string) => void): void {
  if (message.type !== 'assistant') return;
  for (const block of message.message.content) {
    if (block.type === 'text') onText(block.text);
  }
}
`;

export const MAIN_SOURCE = `/** Command line: npm start -- "the task", or the task on standard input. */
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { runAgent } from './agent.js';
import { AGENT_NAME } from './config.js';

const USAGE_ERROR = 2;

async function readTask(): Promise<string> {
  const fromArguments = process.argv.slice(2).join(' ').trim();
  if (fromArguments !== '' || process.stdin.isTTY) return fromArguments;
  return (await text(process.stdin)).trim();
}

/** Without a terminal there is nobody to ask, so nothing that needs approval runs. */
async function approve(tool: string, input: Readonly<Record<string, unknown>>): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const shown = JSON.stringify(input, null, 2);
    const answer = await terminal.question('Run ' + tool + ' with ' + shown + '? Type yes to allow: ');
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}

async function main(): Promise<number> {
  const prompt = await readTask();
  if (prompt === '') {
    process.stderr.write(AGENT_NAME + '\\nUsage: npm start -- "what to do"\\n');
    return USAGE_ERROR;
  }
  const abortController = new AbortController();
  process.once('SIGINT', () => {
    abortController.abort();
  });
  const onText = (said: string): void => {
    process.stderr.write(said + '\\n');
  };
  process.stdout.write((await runAgent({ prompt, approve, onText, abortController })) + '\\n');
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write((error instanceof Error ? error.message : 'The agent failed.') + '\\n');
  process.exitCode = 1;
}
`;

export const GITIGNORE = 'node_modules/\ndist/\n.env\n';
