/** What an AI model answers about the agents for a process. No optional fields and no unions: providers hold models to such schemas strictly. */
import { z } from 'zod';

const activities = z.array(z.string()).describe('Ids of activities of the process model.');

const input = z.object({
  name: z.string().describe('In lower case with underscores: claim_number.'),
  type: z.enum(['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'DATE', 'STRING_LIST']),
  description: z.string(),
  isRequired: z.boolean(),
});

const tool = z.object({
  name: z.string().describe('In lower case with underscores: jira_create_issue.'),
  description: z.string(),
  integration: z
    .enum(['GITHUB', 'JIRA', 'SERVICENOW', 'NONE'])
    .describe('The connected integration that serves it; NONE when no connected one does.'),
  activities,
  inputs: z.array(input),
  needsApproval: z.boolean().describe('Whether a person must agree each time.'),
});

const skill = z.object({ name: z.string(), description: z.string(), examples: z.array(z.string()) });

const guardrail = z.object({
  kind: z.enum(['DEADLINE', 'OBLIGATION', 'PROHIBITION', 'APPROVAL', 'THRESHOLD']),
  description: z.string(),
});

const agent = z.object({
  key: z.string().describe('Names the agent within this answer, and in later ones: claims-intake.'),
  name: z.string(),
  summary: z.string().describe('What it does, in one sentence.'),
  instructions: z
    .string()
    .describe(
      'Markdown: its purpose, and its steps one by one with conditions. Tools, rules and approvals are added to it.',
    ),
  tools: z.array(tool),
  skills: z.array(skill),
  guardrails: z.array(guardrail),
  handsOffTo: z.array(z.string()).describe('Keys of other agents of this answer.'),
  existingAgents: z.array(z.string()).describe('Ids of existing agents that it hands work to.'),
});

const decision = z.object({
  activity: z.string(),
  performer: z.enum(['AGENT', 'HUMAN', 'SYSTEM']),
  agent: z
    .string()
    .describe('Key of the agent that does it, or helps whoever does; empty when none is involved.'),
  reason: z.string().describe('What in the text led to it, in one sentence.'),
});

const approval = z.object({ activity: z.string(), reason: z.string() });

const testCase = z.object({
  name: z.string(),
  given: z.array(z.string()),
  input: z.string().describe('What is said to the first agent.'),
  activities,
  outcome: z.string(),
});

export const designAnswerSchema = z.object({
  agents: z.array(agent).describe('The first takes the requests.'),
  automation: z.array(decision).describe('One for each activity.'),
  approvals: z.array(approval),
  testCases: z
    .array(testCase)
    .describe('Only beyond the branches of the process: the branches are tested anyway.'),
  answer: z.string().describe('In a refinement: what was changed, and what could not be. Empty else.'),
});

export type DesignAnswer = z.output<typeof designAnswerSchema>;
export type DraftAgent = DesignAnswer['agents'][number];
export type DraftTool = DraftAgent['tools'][number];
