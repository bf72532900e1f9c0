import { describe, expect, test } from 'vitest';
import {
  EMPTY_MODEL,
  CLAIM_MODEL,
  CLAIM_TEXT,
  sampleActivity,
  sampleFlow,
  sampleSystem,
} from '../definition/samples.ts';
import type { ProcessModel, ProcessRule } from '../process-model/process-model.ts';
import { checkProposal } from './check-proposal.ts';
import { proposeAgents } from './propose-agents.ts';
import type { AgentsInput } from './propose-agents.ts';
import type { Proposal } from './proposal.ts';
import { parseStoredProposal } from './stored-proposal.ts';

const propose = (processModel: ProcessModel, parts: Partial<AgentsInput> = {}): Proposal => {
  const proposal = proposeAgents({
    title: 'Cases',
    sourceText: 'Cases are handled.',
    processModel,
    existingAgents: [],
    integrationKinds: ['JIRA'],
    model: { provider: 'anthropic', name: 'some-model' },
    split: 'BY_ROLE',
    base: null,
    previous: null,
    adjustments: [],
    ...parts,
  });
  expect(checkProposal(proposal, processModel)).toEqual([]);
  return proposal;
};

const at = (number: number): { start: number; end: number } => ({ start: number, end: number + 5 });

/** Roles one after the other, each with so many steps in Jira. */
function relay(...steps: readonly number[]): ProcessModel {
  const actors = steps.map((_, index) => ({
    id: `actor-${index}`,
    span: at(index),
    name: `role ${index}`,
    kind: 'ROLE' as const,
  }));
  const owners = steps.flatMap((count, index) => Array.from({ length: count }, () => `actor-${index}`));
  const activities = owners.map((actorId, index) =>
    sampleActivity(index * 10 + 1, {
      id: `activity-${index + 1}`,
      verb: 'update',
      object: `record ${index + 1}`,
      actorId,
      systemIds: ['system-1'],
    }),
  );
  return {
    ...EMPTY_MODEL,
    actors,
    activities,
    systems: [sampleSystem('system-1', 'Jira', 'JIRA')],
    flows: activities.slice(1).map(({ id }, index) => sampleFlow(index + 1, `activity-${index + 1}`, id)),
  };
}

const keys = ({ agents }: Proposal): readonly string[] => agents.map(({ key }) => key);

describe('agents by role', () => {
  test('are one for each role, and hand over along the flows', () => {
    const { agents } = propose(relay(2, 1, 2));

    expect(agents.map(({ key, handsOffTo }) => [key, handsOffTo])).toEqual([
      ['role-0', ['role-1']],
      ['role-1', ['role-2']],
      ['role-2', []],
    ]);
  });

  test('are at most six: the smallest go together with their neighbours', () => {
    const proposal = propose(relay(3, 1, 3, 3, 3, 3, 3, 3));

    expect(keys(proposal)).toHaveLength(6);
    expect(proposal.agents.flatMap(({ definition }) => definition.tools)).toHaveLength(22);
  });

  test("a name that is given together with the wish for one agent is that agent's", () => {
    const adjustments = [
      { kind: 'NAME', agentKey: 'role-0', name: 'Earlier name' },
      { kind: 'SPLIT', split: 'ONE', count: null },
      { kind: 'NAME', agentKey: 'role-0', name: 'Buddy' },
    ] as const;

    expect(propose(relay(2, 2), { adjustments }).agents.map(({ name }) => name)).toEqual(['Buddy']);
    expect(
      propose(relay(2, 2), { adjustments: adjustments.slice(0, 2) }).agents.map(({ name }) => name),
    ).toEqual(['Cases']);
  });

  test('are as many as asked for', () => {
    const adjustments = [{ kind: 'SPLIT', split: 'BY_ROLE', count: 2 } as const];

    expect(propose(relay(2, 2, 2, 2), { adjustments, split: 'ONE' }).agents).toHaveLength(2);
  });

  test('of which one has but a single step without a system are none of their own', () => {
    const model = relay(2, 2);
    const [first, ...others] = model.activities;
    const alone = {
      ...sampleActivity(90, { id: 'activity-9', verb: 'check', object: 'mail' }),
      actorId: 'actor-9',
    };
    const actors = [...model.actors, { id: 'actor-9', span: at(90), name: 'reader', kind: 'ROLE' as const }];
    const activities = first === undefined ? [] : [first, ...others, alone];

    expect(keys(propose({ ...model, actors, activities }))).toEqual(['role-0', 'role-1']);
  });

  test('know in their instructions what the others see to', () => {
    const [first, second] = propose(relay(1, 2)).agents;

    expect(first?.definition.instructions).toContain(
      '2. **Update record 2**. The agent «Cases: role 1» sees to this.',
    );
    expect(first?.definition.instructions).toContain(
      '## Hand over\n\n- Cases: role 1: when the next step is theirs.',
    );
    expect(second?.definition.instructions).toContain(
      'You are one of several agents; your part: Update record 2 and Update record 3.',
    );
    expect(second?.definition.tools.map(({ name }) => name)).toEqual([
      'jira_update_record_2',
      'jira_update_record_3',
    ]);
  });

  test('of a redesign: the first keeps the model and the settings that it had', () => {
    const [base] = propose(relay(2)).agents;
    const model = { provider: 'other', name: 'chosen', temperature: 0.5, maxOutputTokens: 10 };

    const { agents } = propose(relay(2, 2), {
      base: base === undefined ? null : { ...base.definition, model },
    });

    expect(agents.map(({ definition }) => definition.model.name)).toEqual(['chosen', 'some-model']);
  });
});

describe('approvals', () => {
  const withActivity = (
    parts: Parameters<typeof sampleActivity>[1],
    rules: readonly ProcessRule[] = [],
  ): ProcessModel => ({
    ...EMPTY_MODEL,
    actors: [
      { id: 'clerk', span: at(0), name: 'clerk', kind: 'ROLE' },
      { id: 'customer', span: at(0), name: 'customer', kind: 'EXTERNAL' },
    ],
    systems: [sampleSystem('jira', 'Jira', 'JIRA')],
    activities: [sampleActivity(10, { actorId: 'clerk', systemIds: ['jira'], ...parts })],
    rules,
  });
  const reasons = (model: ProcessModel): readonly string[] =>
    propose(model).approvals.map(({ reason }) => reason);
  const limit = (comparison: 'ABOVE' | 'BELOW', currency: string | null): ProcessRule => ({
    id: 'rule-1',
    span: at(20),
    kind: 'THRESHOLD',
    description: 'offers above 500 EUR',
    activityId: 'a',
    deadline: null,
    threshold: { amount: 500, currency, unit: null, comparison },
  });

  test('are there for what cannot be taken back', () => {
    expect(reasons(withActivity({ id: 'a', verb: 'delete', object: 'account' }))).toEqual([
      '«Delete account» waits for a person. To delete is hard to take back.',
    ]);
  });

  test('are there for what reaches somebody outside by a tool', () => {
    const told = { id: 'a', verb: 'send', object: 'offer', kind: 'SEND', recipientId: 'customer' } as const;

    expect(reasons(withActivity(told))).toEqual([
      '«Send offer» waits for a person. It reaches customer, outside the company.',
    ]);
    expect(reasons(withActivity({ ...told, systemIds: [] }))).toEqual([]);
  });

  test('are there for a sum of money that is limited, not for a number of things', () => {
    const write = { id: 'a', verb: 'write', object: 'offer' };

    expect(reasons(withActivity(write, [limit('ABOVE', 'EUR')]))).toEqual([
      '«Write offer» waits for a person. The description sets a limit: Offers above 500 EUR.',
    ]);
    expect(reasons(withActivity(write, [limit('ABOVE', null)]))).toEqual([]);
    expect(reasons(withActivity(write, [limit('BELOW', 'EUR')]))).toEqual([]);
  });

  test('are there for a decision that the description gives to nobody', () => {
    const decide = { id: 'a', verb: 'approve', object: 'offer', actorId: null, systemIds: [] };

    expect(propose(withActivity(decide)).automation[0]?.performer).toBe('HUMAN');
    expect(reasons(withActivity(decide))).toEqual([
      '«Approve offer» is a decision, and nobody is named for it.',
    ]);
  });

  test('are not there for a look', () => {
    expect(
      reasons(withActivity({ id: 'a', verb: 'check', object: 'offer' }, [limit('ABOVE', 'EUR')])),
    ).toEqual([]);
  });
});

test('a proposal comes back from where it was stored as it was', () => {
  const proposal = propose(CLAIM_MODEL, {
    sourceText: CLAIM_TEXT,
    adjustments: [{ kind: 'INSTRUCTION', text: 'Be kind' }],
  });

  expect(parseStoredProposal(JSON.parse(JSON.stringify(proposal)))).toEqual(proposal);
});

test('a process without activities is one agent without tests', () => {
  const { agents, testCases, automation } = propose(EMPTY_MODEL);

  expect([agents.length, testCases, automation]).toEqual([1, [], []]);
});
