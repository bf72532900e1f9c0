import { expect, test } from 'vitest';
import { CLAIM_MODEL, CLAIM_TEXT, CLAIM_TITLE } from '../definition/samples.ts';
import { checkProposal } from './check-proposal.ts';
import type { Proposal } from './proposal.ts';
import { proposeAgents } from './propose-agents.ts';

const proposal: Proposal = proposeAgents({
  title: CLAIM_TITLE,
  sourceText: CLAIM_TEXT,
  processModel: CLAIM_MODEL,
  existingAgents: [],
  integrationKinds: [],
  model: { provider: 'anthropic', name: 'model' },
  split: 'BY_ROLE',
  base: null,
  previous: null,
  adjustments: [],
});

const pathsOf = (changed: Partial<Proposal>): string[] =>
  checkProposal({ ...proposal, ...changed }, CLAIM_MODEL).map(({ path }) => path.join('.'));

test('what the rules propose fits its process model', () => {
  expect(checkProposal(proposal, CLAIM_MODEL)).toEqual([]);
});

test('two agents with one key, and work handed to nobody or to oneself, are errors', () => {
  const [first] = proposal.agents;
  if (!first) throw new Error('no agent was proposed');
  const agents = [
    { ...first, handsOffTo: [] },
    { ...first, handsOffTo: ['nobody', first.key] },
  ];

  const paths = pathsOf({ agents, automation: [], approvals: [], testCases: [] });

  expect(paths).toEqual(['agents.1.key', 'agents.1.handsOffTo', 'agents.1.handsOffTo']);
});

// Attack: a model answers with elements that the process does not have.
test('what names an activity or an agent that is not there is an error with its place', () => {
  const paths = pathsOf({
    automation: [{ activityId: 'activity-99', performer: 'AGENT', agentKey: 'ghost', reason: 'Because.' }],
    approvals: [{ activityId: 'activity-98', agentKey: 'ghost', toolNames: [], reason: 'Because.' }],
    testCases: [
      {
        id: 'case-1',
        name: 'A way',
        given: [],
        input: 'Go.',
        activityIds: ['activity-97'],
        expect: { toolNames: [], approvals: [], outcome: 'Done.' },
      },
    ],
  });

  expect(paths).toEqual([
    'automation.0.activityId',
    'automation.0.agentKey',
    'approvals.0.activityId',
    'approvals.0.agentKey',
    'testCases.0.activityIds',
  ]);
});
