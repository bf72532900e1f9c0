/** README.md of a project: what it is, how to run it, and plainly what is missing. */
import { oneLine } from '../definition/plain-text.ts';
import type { ProcessModel } from '../process-model/process-model.ts';
import type { AutomationDecision, Performer } from '../proposal/proposal.ts';
import type { CodeTarget } from '../session/session.ts';
import type { BundleAgent } from './bundle-agent.ts';
import { findUnnamed } from './callable.ts';
import { toMarkdownText } from './literals.ts';
import { CONNECTORS } from './operation.ts';
import { connectorKinds, usesModel } from './project-files.ts';
import { LAYOUT, RUN, SERVER } from './readme-texts.ts';
import type { NamedTool } from './tool-names.ts';

const MAX_LIST_ITEMS = 100;

export const TARGET_NAMES: Readonly<Record<CodeTarget, string>> = {
  CLAUDE_AGENT_SDK: 'Claude Agent SDK',
  OPENAI_AGENTS_SDK: 'OpenAI Agents SDK',
};

export interface ReadmeInput {
  readonly member: BundleAgent;
  readonly processModel: ProcessModel;
  readonly automation: readonly AutomationDecision[];
  readonly caseCount: number;
}

export function toReadme(input: ReadmeInput): string {
  const { member, processModel } = input;
  const { agent, target } = member;
  return toDocument([
    `# ${plain(agent.name, 200) || 'Agent'}`,
    plain(agent.summary, 1_000),
    `An agent designed with Flowgrid, as a TypeScript project for the ${TARGET_NAMES[target]} (Node 22.18 or newer).`,
    RUN[target],
    stubText(member),
    toolTable(member.tools),
    handOffText(member),
    connectorText(member),
    SERVER,
    automationText(input),
    LAYOUT,
    testText(input),
    openText(processModel),
    limitsText(member),
  ]);
}

export function toDocument(paragraphs: readonly string[]): string {
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

/** The first thing to know. */
function stubText({ tools }: BundleAgent): string {
  const stubs = tools.filter(({ operation }) => operation === null);
  const derived = tools.filter(({ operation }) => operation !== null);
  const lines = ['## What is a stub'];
  if (stubs.length === 0) lines.push('No tool is a stub.');
  else {
    lines.push(
      'Nothing serves these tools yet. Calling one fails with `NotImplementedError`; it never pretends to have worked. Write the ' +
        '`execute` function in the file, take `isStub` away, and put a test of yours in the place of the one that expects the error.',
      stubs.map(({ name, file }) => `- \`${name}\`: \`src/tools/${file}.ts\``).join('\n'),
    );
  }
  if (derived.length > 0) {
    lines.push(
      'These call the system, in a way that was derived from their names and types. Look at which fields they fill before you rely on them.',
      derived
        .map(({ name, file, operation }) => {
          const deed = operation?.kind === 'SEARCH' ? 'searches' : 'creates an item in';
          return `- \`${name}\` ${deed} ${operation?.connector.name ?? ''}: \`src/tools/${file}.ts\``;
        })
        .join('\n'),
    );
  }
  return lines.join('\n\n');
}

function toolTable(tools: readonly NamedTool[]): string {
  if (tools.length === 0) return '## Tools\n\nThe process names no action in a system for this agent.';
  const rows = tools.map(({ tool, name, operation }) => {
    const kind = tool.integrationKind;
    const system = kind === null ? 'none yet' : CONNECTORS[kind].name;
    const approval = tool.requiresApproval ? 'yes' : 'no';
    return `| \`${name}\` | ${plain(tool.description, 300)} | ${system} | ${operation === null ? 'stub' : 'derived'} | ${approval} |`;
  });
  return [
    '## Tools',
    '',
    '| Tool | What it does | System | State | Approval by a person |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function handOffText({ handOffs }: BundleAgent): string {
  if (handOffs.length === 0) return '';
  const rows = handOffs.map(
    ({ name, agent, envPrefix }) =>
      `| \`${name}\` | ${plain(agent.name, 200)} | \`${envPrefix}_AGENT_URL\`, \`${envPrefix}_AGENT_TOKEN\` |`,
  );
  return [
    '## Work that it hands over',
    '',
    'Each is a tool that sends the task to the other agent by A2A and waits for the answer. A task is handed on five times at most.',
    '',
    '| Tool | Agent | Where it is |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function connectorText(member: BundleAgent): string {
  const kinds = connectorKinds(member);
  if (kinds.length === 0) return '';
  const rows = kinds.map((kind) => {
    const { name, module } = CONNECTORS[kind];
    return `- ${name}: \`src/connectors/${module}.ts\`, its variables begin with \`${kind}_\``;
  });
  return [
    '## Systems',
    '',
    'The connectors call the REST API with credentials from the environment. They can create and search items; busy answers are',
    'tried again, redirects are not followed. Until its variables are set, a tool fails with the name of the missing one.',
    '',
    ...rows,
  ].join('\n');
}

function automationText({ automation, processModel, member }: ReadmeInput): string {
  const activities = new Map(processModel.activities.map((activity) => [activity.id, activity]));
  const rows = automation.slice(0, MAX_LIST_ITEMS).flatMap(({ activityId, performer, agentKey, reason }) => {
    const activity = activities.get(activityId);
    if (activity === undefined) return [];
    const title = plain(`${activity.verb} ${activity.object ?? ''}`, 200);
    const [withAgent, without] = PERFORMERS[performer];
    const who = agentKey === member.agent.key ? withAgent : without;
    return [`| ${title} | ${who} | ${plain(reason, 300)} |`];
  });
  if (rows.length === 0) return '';
  return ['## Who does what', '', '| Activity | Who | Why |', '| --- | --- | --- |', ...rows].join('\n');
}

/** With the agent of this README, and without. */
const PERFORMERS: Readonly<Record<Performer, readonly [string, string]>> = {
  AGENT: ['this agent', 'another agent'],
  HUMAN: ['a person, helped by this agent', 'a person'],
  SYSTEM: ['a system, asked by this agent', 'a system'],
};

function testText({ caseCount }: ReadmeInput): string {
  const cases =
    caseCount === 0
      ? 'The design names no way through the process for this agent, so there are neither process tests nor evals: add cases of yours to `evals/cases.json`.'
      : `\`evals/cases.json\` has ${caseCount} way${caseCount === 1 ? '' : 's'} through the process. \`tests/process.spec.ts\` goes each one with a scripted model: that shows what the agent lets happen, not what a real model chooses. \`npm run eval\` asks the real model, with tools that answer with samples, and fails when fewer than 80 % of the ways are gone as expected. It compares tools and approvals; read the answers yourself.`;
  return `## Tests and evals\n\n\`npm test\` starts the agent as it is, against a model on this machine that speaks the real protocol. ${cases}`;
}

function openText(model: ProcessModel): string {
  const questions = model.openQuestions
    .slice(0, MAX_LIST_ITEMS)
    .map(({ question }) => `- ${plain(question, 300)}`);
  return questions.length === 0 ? '' : `## What the description leaves open\n\n${questions.join('\n')}`;
}

function limitsText(member: BundleAgent): string {
  const { agent, target } = member;
  const { provider, name, temperature, maxOutputTokens } = agent.definition.model;
  const limits = [
    'Guardrails are instructions to the model. What the code enforces is approval before a tool, its time limit, its input and output types, and the number of turns.',
    'In a schema, `pattern` is told to the model but not checked; `$ref`, `allOf`, `not` and `if` are in `agent.json` only.',
    'There is no memory between tasks: one task, one answer. The A2A interface takes messages and keeps no tasks.',
    'Over HTTP the caller says which tools a person has approved (`approvedTools`); the agent does not ask in between. What comes from another agent is approved by nobody.',
  ];
  for (const { name, tool } of member.tools) {
    const unnamed = findUnnamed(tool.inputSchema).map((property) => plain(property, 100));
    if (unnamed.length > 0) {
      limits.push(`\`${name}\` lacks what no model can be told the name of: ${unnamed.join(', ')}.`);
    }
  }
  if (!usesModel(member)) {
    limits.push(
      `The design names the model ${plain(name, 100)} of ${plain(provider, 100)}, which this SDK does not use: its default model is used unless \`AGENT_MODEL\` names one.`,
    );
  }
  if (target === 'CLAUDE_AGENT_SDK' && (temperature !== null || maxOutputTokens !== null)) {
    limits.push(
      'The SDK takes neither temperature nor a limit of output tokens: those settings are in `agent.json` only.',
    );
  }
  return `## What is not carried over\n\n${limits.map((limit) => `- ${limit}`).join('\n')}`;
}

export function plain(text: string, maxLength: number): string {
  return toMarkdownText(oneLine(text, maxLength));
}
