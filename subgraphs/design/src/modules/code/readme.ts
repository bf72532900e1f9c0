/** README.md of a bundle: what it is, how to run it, and plainly what it does not do. */
import type { AgentDefinition } from '../definition/agent-definition.ts';
import { oneLine } from '../definition/plain-text.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import { toMarkdownText } from './literals.ts';
import { connectorKinds } from './project-files.ts';
import type { NamedTool } from './tool-names.ts';

const MAX_LIST_ITEMS = 50;

export interface ReadmeInput {
  readonly name: string;
  readonly definition: AgentDefinition;
  readonly processModel: ProcessModel;
  readonly tools: readonly NamedTool[];
}

export function toReadme(input: ReadmeInput): string {
  const paragraphs = [
    `# ${plain(input.name, 200) || 'Agent'}`,
    'An agent designed with Flowgrid, as a TypeScript project for the Claude Agent SDK (node 22.12 or newer).',
    RUN,
    toolTable(input.tools),
    connectorText(input),
    LAYOUT,
    openText(input.processModel),
    limitsText(input.definition),
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

const RUN = `## Run it

\`\`\`sh
npm install
cp .env.example .env    # then fill in ANTHROPIC_API_KEY
npm start -- "what to do"
\`\`\`

\`npm run typecheck\` checks the types, \`npm run build\` writes \`dist/\`. The SDK and the compiler bring a program for
your platform as an optional dependency: do not install with \`--omit=optional\` where you want to run them.
The SDK is under its maker's commercial terms.`;

const LAYOUT = `## What is where

| Path | What |
| --- | --- |
| \`prompts/instructions.md\` | the instructions; read at start, edit them freely |
| \`agent.json\` | the whole definition, as Flowgrid keeps it |
| \`process.json\` | the process model it was drawn from |
| \`src/config.ts\` | name, model and limits |
| \`src/agent.ts\` | the agent and its approvals |
| \`src/tools/\` | one file per tool: types, call, error path |
| \`src/connectors.ts\` | how tools reach your systems |
| \`src/main.ts\` | the command line |`;

function toolTable(tools: readonly NamedTool[]): string {
  if (tools.length === 0)
    return '## Tools\n\nThe process names no action in a system, so the agent has no tools.';
  const rows = tools.map(({ tool, name, file }) => {
    const state = tool.integrationKind === null ? 'not connected' : `${tool.integrationKind} connector`;
    const approval = tool.requiresApproval ? 'yes' : 'no';
    return `| \`${name}\` | ${plain(tool.description, 300)} | ${state} | ${approval} | \`src/tools/${file}.ts\` |`;
  });
  return [
    '## Tools',
    '',
    '| Tool | What it does | Reached by | Approval | File |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function connectorText({ definition, tools }: ReadmeInput): string {
  const kinds = connectorKinds(definition);
  const missing = tools.filter(({ tool }) => tool.integrationKind === null);
  const lines: string[] = [];
  if (kinds.length > 0) {
    lines.push(
      `The tools of ${kinds.join(', ')} call an HTTP endpoint of yours: \`POST <KIND>_CONNECTOR_URL\` with the JSON body`,
      '`{ "tool": "<name>", "input": { ... } }`, which answers with the JSON that the tool gives. The bundle holds no',
      'credentials and no connector of its own. Until the variable is set, such a tool fails with a clear «not connected» error.',
    );
  }
  if (missing.length > 0) {
    if (lines.length > 0) lines.push('');
    lines.push(
      'A tool that is «not connected» always throws that error: write its `execute` function in the file named above.',
    );
  }
  return lines.length === 0 ? '' : `## Connections\n\n${lines.join('\n')}`;
}

function openText(model: ProcessModel): string {
  const questions = model.openQuestions
    .slice(0, MAX_LIST_ITEMS)
    .map(({ question }) => `- ${plain(question, 300)}`);
  return questions.length === 0 ? '' : `## What the description leaves open\n\n${questions.join('\n')}`;
}

function limitsText(definition: AgentDefinition): string {
  const limits = [
    'Guardrails are instructions to the model. What the code enforces is approval before a tool, its time limit, its input and output types, and the number of turns.',
    'In a schema, `pattern`, `$ref`, `allOf`, `not` and `if` are not checked by the generated types; `agent.json` keeps them.',
    'There is no memory between runs, and no server: one task, one answer.',
  ];
  const { provider, name, temperature, maxOutputTokens } = definition.model;
  if (provider !== 'anthropic') {
    limits.push(
      `The design names the model ${plain(name, 100)} of ${plain(provider, 100)}, which this SDK cannot use: its default model is used unless \`AGENT_MODEL\` names one.`,
    );
  }
  if (temperature !== null || maxOutputTokens !== null) {
    limits.push(
      'The SDK takes neither temperature nor a limit of output tokens: those settings are in `agent.json` only.',
    );
  }
  return `## What this does not do\n\n${limits.map((limit) => `- ${limit}`).join('\n')}`;
}

function plain(text: string, maxLength: number): string {
  return toMarkdownText(oneLine(text, maxLength));
}
