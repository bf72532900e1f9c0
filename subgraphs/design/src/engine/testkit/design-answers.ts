/** What a careful AI model answers about the agents for the onboarding example. */
import type { DesignAnswer, DraftAgent, DraftTool } from '../ai/design-answer.ts';

export function draftTool(
  name: string,
  integration: DraftTool['integration'],
  ...activities: readonly string[]
): DraftTool {
  return {
    name,
    description: `Does ${name}.`,
    integration,
    activities: [...activities],
    inputs: [
      { name: 'ticket number', type: 'STRING', description: 'The number of the ticket', isRequired: true },
    ],
    needsApproval: false,
  };
}

export function draftAgent(key: string, parts: Partial<DraftAgent> = {}): DraftAgent {
  return {
    key,
    name: `Agent ${key}`,
    summary: 'Helps new colleagues.',
    instructions: 'You help new colleagues to start.\n\n1. Open the ticket.\n2. Close it.',
    tools: [],
    skills: [
      { name: 'Onboarding', description: 'Starts new colleagues.', examples: ['Anna starts on Monday.'] },
    ],
    guardrails: [],
    handsOffTo: [],
    existingAgents: [],
    ...parts,
  };
}

export function designAnswer(parts: Partial<DesignAnswer> = {}): DesignAnswer {
  return {
    agents: [draftAgent('onboarding')],
    automation: [],
    approvals: [],
    testCases: [],
    answer: '',
    ...parts,
  };
}

export const ONBOARDING_DESIGN: DesignAnswer = designAnswer({
  agents: [
    draftAgent('hr', {
      name: 'Onboarding desk',
      tools: [
        draftTool('open_ticket', 'SERVICENOW', 'activity-2'),
        draftTool('close_ticket', 'SERVICENOW', 'activity-6'),
      ],
      guardrails: [{ kind: 'OBLIGATION', description: 'Greet people by their name' }],
      handsOffTo: ['it'],
    }),
    draftAgent('it', { name: 'Account maker', tools: [draftTool('create_accounts', 'JIRA', 'activity-3')] }),
  ],
  automation: [
    { activity: 'activity-2', performer: 'AGENT', agent: 'hr', reason: 'A ticket is opened in ServiceNow' },
    { activity: 'activity-3', performer: 'AGENT', agent: 'it', reason: 'Accounts are made in Jira' },
    {
      activity: 'activity-5',
      performer: 'AGENT',
      agent: 'it',
      reason: 'The ticket is updated in ServiceNow',
    },
    { activity: 'activity-6', performer: 'AGENT', agent: 'hr', reason: 'The ticket is closed in ServiceNow' },
    { activity: 'activity-7', performer: 'HUMAN', agent: 'hr', reason: 'A welcome is better from a person' },
  ],
  approvals: [{ activity: 'activity-3', reason: 'Accounts give access' }],
  testCases: [
    {
      name: 'The name of the employee is missing',
      given: ['no name is given'],
      input: 'Somebody starts on Monday.',
      activities: ['activity-1'],
      outcome: 'The agent asks for the name',
    },
  ],
});
