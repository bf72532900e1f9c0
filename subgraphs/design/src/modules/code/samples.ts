/** What bundles are generated from: an ordinary agent, a team, and names that attack. */
import type { BundleInput } from './bundle.ts';
import { proposeDefinition } from '../definition/propose-definition.ts';
import {
  CLAIM_MODEL,
  CLAIM_TEXT,
  CLAIM_TITLE,
  HOSTILE_DEFINITION,
  HOSTILE_MODEL,
  HOSTILE_TEXT,
} from '../definition/samples.ts';
import type { AgentDefinition } from '../definition/agent-definition.ts';
import type { ProposalTestCase } from '../proposal/proposal.ts';

export type Target = BundleInput['target'];

const { definition: CLAIM_DEFINITION } = proposeDefinition({
  title: CLAIM_TITLE,
  description: CLAIM_TEXT,
  processModel: CLAIM_MODEL,
  existingAgents: [],
  integrationKinds: ['JIRA'],
  model: { provider: 'anthropic', name: 'claude-sonnet-5-5' },
});

/** One tool for each connector that works, and their searches. */
const DESK_DEFINITION: AgentDefinition = {
  ...CLAIM_DEFINITION,
  instructions: 'Look for what is known, then open what is missing.\n',
  model: { provider: 'openai', name: 'gpt-5', temperature: 0.2, maxOutputTokens: 2_000 },
  tools: (['GITHUB', 'JIRA', 'SERVICENOW'] as const).flatMap((integrationKind) =>
    (['create', 'search'] as const).map((verb) => ({
      name: `${verb}_${integrationKind.toLowerCase()}_issues`,
      description: `${verb} issues`,
      inputSchema: {
        type: 'object',
        properties: {
          subject: { type: 'string', minLength: 3, pattern: '^[A-Z]' },
          amount: { type: 'number' },
        },
        required: ['subject'],
        additionalProperties: false,
      },
      outputSchema:
        verb === 'create'
          ? { type: 'object', properties: { issue: { type: 'string' } }, required: ['issue'] }
          : null,
      integrationKind,
      requiresApproval: verb === 'create',
    })),
  ),
};

const CASES: readonly ProposalTestCase[] = [
  {
    id: 'case-1',
    name: 'the claim amount is above 5,000 EUR',
    given: ['the claim amount is above 5,000 EUR'],
    input: 'A customer sends a travel claim.',
    activityIds: ['activity-1', 'activity-2', 'activity-3', 'activity-4', 'activity-5', 'activity-6'],
    expect: {
      toolNames: CLAIM_DEFINITION.tools.map(({ name }) => name),
      approvals: ['payout'],
      outcome: 'The customer is informed.',
    },
  },
  {
    id: 'case-2',
    name: 'otherwise',
    given: [],
    input: 'A customer sends a small travel claim.',
    activityIds: ['activity-1'],
    expect: { toolNames: [], approvals: [], outcome: 'Nothing is to be done.' },
  },
];

const CLAIM_AGENT = {
  key: 'claims-intake',
  name: 'Travel claims agent',
  summary: 'Takes travel claims and sees them through.',
  definition: CLAIM_DEFINITION,
  handsOffTo: [],
};

export function oneAgent(target: Target): BundleInput {
  return {
    target,
    title: CLAIM_TITLE,
    agents: [CLAIM_AGENT],
    processModel: CLAIM_MODEL,
    testCases: CASES,
    automation: CLAIM_MODEL.activities.map(({ id }, index) => ({
      activityId: id,
      performer: index % 2 === 0 ? ('AGENT' as const) : ('HUMAN' as const),
      agentKey: 'claims-intake',
      reason: 'The description says so.',
    })),
  };
}

export function team(target: Target): BundleInput {
  const desk = {
    key: 'service-desk',
    name: 'Service desk agent',
    summary: 'Opens and finds issues.',
    definition: DESK_DEFINITION,
    handsOffTo: ['claims-intake'],
  };
  return {
    ...oneAgent(target),
    agents: [{ ...CLAIM_AGENT, handsOffTo: ['service-desk', 'claims-intake', 'nobody'] }, desk],
    testCases: [
      ...CASES,
      {
        id: 'case-3',
        name: 'an issue is opened by the desk',
        given: [],
        input: 'Something is broken.',
        activityIds: [],
        expect: {
          toolNames: ['search_github_issues', 'create_jira_issues', 'sap_book_payout'],
          approvals: ['create_jira_issues'],
          outcome: 'An issue is open.',
        },
      },
    ],
  };
}

/** Two agents with the same hostile key, that hand over to each other. */
export function hostile(target: Target): BundleInput {
  const agent = {
    key: HOSTILE_TEXT,
    name: HOSTILE_TEXT,
    summary: HOSTILE_TEXT,
    definition: HOSTILE_DEFINITION,
    handsOffTo: [HOSTILE_TEXT, '__proto__'],
  };
  return {
    target,
    title: HOSTILE_TEXT,
    agents: [agent, { ...agent, key: '__proto__' }],
    processModel: HOSTILE_MODEL,
    testCases: [
      {
        id: HOSTILE_TEXT,
        name: HOSTILE_TEXT,
        given: [HOSTILE_TEXT],
        input: HOSTILE_TEXT,
        activityIds: ['a', '__proto__'],
        expect: {
          toolNames: [HOSTILE_TEXT, '__proto__', 'delete', 'gone'],
          approvals: [HOSTILE_TEXT],
          outcome: HOSTILE_TEXT,
        },
      },
    ],
    automation: [
      { activityId: 'a', performer: 'AGENT', agentKey: HOSTILE_TEXT, reason: HOSTILE_TEXT },
      { activityId: '__proto__', performer: 'HUMAN', agentKey: null, reason: HOSTILE_TEXT },
    ],
  };
}
