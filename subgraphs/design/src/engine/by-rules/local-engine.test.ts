import { describe, expect, test } from 'vitest';
import { readModel } from '../../modules/process-model/analysis/reading.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import { checkProcessModel } from '../../modules/process-model/edit-model.ts';
import type { Proposal } from '../../modules/proposal/proposal.ts';
import { buildModel } from '../ai/build-model.ts';
import type { DesignRequest } from '../engine.ts';
import { CLAIM, ONBOARDING } from '../testkit/examples.ts';
import type { Example } from '../testkit/examples.ts';
import { analysisRequest, designRequest, inlineAnalyzer } from '../testkit/requests.ts';
import { createLocalEngine } from './local-engine.ts';

const engine = createLocalEngine(inlineAnalyzer);

interface Design {
  readonly model: ProcessModel;
  readonly proposal: Proposal;
  readonly answers: readonly (string | null)[];
}

/** A design and what becomes of it by one message after the other. The process is as an AI model read it: that does not change with the rules that read texts. */
async function refine(
  { answer, text: sourceText, title }: Example,
  messages: readonly string[],
  parts: Partial<DesignRequest> = {},
): Promise<Design> {
  const read = buildModel(answer, { sourceText, previous: null, local: null, revision: 1 });
  let model = read.result?.model;
  if (model === undefined) throw new Error('The example is no process.');
  const start = designRequest({ sourceText, processModel: model, title, ...parts });
  let { proposal } = await engine.design(start);
  const answers: (string | null)[] = [];
  for (const message of messages) {
    const analysis = await engine.analyze(analysisRequest({ sourceText, previous: { model, message } }));
    model = analysis.processModel;
    expect(checkProcessModel(model, sourceText)).toEqual([]);
    const result = await engine.design({ ...start, processModel: model, previous: { proposal, message } });
    proposal = result.proposal;
    answers.push([analysis.answer, result.answer].filter((part) => part !== null).join(' ') || null);
  }
  return { model, proposal, answers };
}

const tools = ({ proposal }: Design): readonly string[] =>
  proposal.agents.flatMap(({ definition }) =>
    definition.tools.map(
      ({ name, requiresApproval }) => `${name}${requiresApproval ? ' after approval' : ''}`,
    ),
  );

describe('a message about the process', () => {
  test('adds a step after another', async () => {
    const { model, answers } = await refine(CLAIM, [
      'Add a step: the manager signs the contract after approve payout.',
    ]);

    const { flows, activities } = readModel(model);
    expect(activities.at(-1)).toMatch(/manager \| sign \| contract \| /);
    expect(flows).toEqual(expect.arrayContaining(['6 > 10', '10 > G3']));
    expect(flows).not.toContain('6 > G3');
    expect(answers).toEqual(['Added «Sign contract» after «Approve payout».']);
  });

  test('adds a step before another, and at the end', async () => {
    const { model, answers } = await refine(CLAIM, [
      'Insert a step before "transfer amount": the clerk prints the letter',
      'add a step: the auditor checks the payment',
    ]);

    const { flows } = readModel(model);
    expect(flows).toEqual(expect.arrayContaining(['G3 > 10', '10 > 7', '9 > 11']));
    expect(answers).toEqual([
      'Added «Print letter» before «Transfer amount».',
      'Added «Check payment» at the end.',
    ]);
  });

  test('removes a step, and what led to it leads on', async () => {
    const { model, answers } = await refine(CLAIM, ['Remove the step "inspect damaged car".']);

    expect(readModel(model).flows).toContain('G1 > G2 if Otherwise');
    expect(model.activities).toHaveLength(8);
    expect(answers).toEqual(['Removed «Inspect damaged car».']);
  });

  test('gives a decision to somebody', async () => {
    const { model, proposal, answers } = await refine(CLAIM, ['The clerk decides on check claim']);

    expect(readModel(model).activities[1]).toBe('claims clerk | check | claim | DECISION');
    expect(proposal.automation[1]?.performer).toBe('HUMAN');
    expect(answers).toEqual(['«Check claim» is decided by claims clerk.']);
  });

  test('takes a system away, replaces it, and uses one for more', async () => {
    const design = await refine(ONBOARDING, [
      'Do not use Jira.',
      'Use ServiceNow for the accounts',
      'Use Salesforce instead of ServiceNow!',
    ]);

    expect(design.answers).toEqual([
      'Jira is not used any more. «Create accounts» can be done without it, or by people.',
      'ServiceNow is used for «Create accounts».',
      'Salesforce is used instead of ServiceNow.',
    ]);
    expect(tools(design)).toEqual([
      'salesforce_open_onboarding_ticket',
      'salesforce_create_accounts',
      'salesforce_update_ticket',
      'salesforce_close_ticket',
    ]);
    expect(design.model.systems.map(({ name, integrationKind }) => [name, integrationKind])).toEqual([
      ['Salesforce', null],
    ]);
  });

  test('adds rules, with the time that they allow', async () => {
    const { model, proposal, answers } = await refine(CLAIM, [
      'Never pay in cash. Always greet the customer. The claim must be registered within 2 business days.',
    ]);

    expect(answers).toEqual([
      'Added the rule: Never pay in cash. Added the rule: Always greet the customer. Added the rule: The claim must be registered within 2 business days.',
    ]);
    expect(model.rules.at(-1)).toMatchObject({
      kind: 'DEADLINE',
      deadline: { relation: 'WITHIN', duration: 'P2D', isBusinessTime: true },
    });
    expect(proposal.agents[0]?.definition.guardrails.slice(-3).map(({ kind }) => kind)).toEqual([
      'PROHIBITION',
      'OBLIGATION',
      'DEADLINE',
    ]);
  });

  test('may simply describe more of the process', async () => {
    const { model, answers } = await refine(CLAIM, ['The auditor checks the payment.']);

    expect(model.activities).toHaveLength(10);
    expect(answers).toEqual(['Read as a further part of the process, after the rest: «Check payment».']);
  });

  test('raises the revision once, and not at all when nothing of the process changes', async () => {
    const changed = await refine(CLAIM, ['Never pay in cash. Never pay late.']);
    const unchanged = await refine(CLAIM, ['Answer in German', 'remove the step fly to the moon']);

    expect([changed.model.revision, unchanged.model.revision]).toEqual([2, 1]);
  });
});

describe('a message about the agents', () => {
  test('renames one, also when there are several', async () => {
    const one = await refine(CLAIM, ['Rename the agent to "Claims Helper"']);
    const several = await refine(CLAIM, ['rename the finance team to Cashier'], { split: 'BY_ROLE' });

    expect(one.proposal.agents.map(({ name }) => name)).toEqual(['Claims Helper']);
    expect(one.proposal.agents[0]?.definition.instructions).toMatch(/^# Claims Helper\n/);
    expect(several.proposal.agents.map(({ name }) => name)).toEqual([
      'Motor claims: claims clerk',
      'Cashier',
    ]);
    expect(several.proposal.agents[0]?.definition.instructions).toContain(
      'The agent «Cashier» sees to this.',
    );
  });

  test('asks for approval, and takes it back', async () => {
    const asked = await refine(CLAIM, ['Require approval for register claim']);
    const released = await refine(CLAIM, ['No approval for transfer amount']);

    expect(tools(asked)).toEqual([
      'servicenow_register_claim after approval',
      'sap_transfer_amount after approval',
    ]);
    expect(asked.proposal.approvals[0]?.reason).toBe(
      '«Register claim» waits for a person. You asked for it.',
    );
    // What follows a person's decision still waits for that decision.
    expect(tools(released)).toEqual(['servicenow_register_claim', 'sap_transfer_amount after approval']);
    expect(released.proposal.approvals.map(({ activityId }) => activityId)).toEqual(['activity-6']);
  });

  test('makes several agents, and one again', async () => {
    const { proposal, answers } = await refine(CLAIM, ['Make it two agents', 'Use one agent only']);
    const two = await refine(CLAIM, ['Make it two agents']);

    expect(two.proposal.agents.map(({ key }) => key)).toEqual(['claims-clerk', 'finance-team']);
    expect(proposal.agents).toHaveLength(1);
    expect(answers).toEqual(['At most 2 agents, by role.', 'One agent does everything.']);
  });

  test('says so when there is no work for so many agents', async () => {
    const { answers } = await refine(CLAIM, ['Make it five agents']);

    expect(answers).toEqual([
      'At most 5 agents, by role. There are 2 agents: there are no more roles with work that an agent can do.',
    ]);
  });

  test('automates what people did, and the other way round', async () => {
    const { proposal } = await refine(CLAIM, [
      'Automate inspect damaged car',
      'Register claim is done by a person',
    ]);

    expect([proposal.automation[4]?.performer, proposal.automation[2]?.performer]).toEqual([
      'AGENT',
      'HUMAN',
    ]);
    expect(proposal.agents[0]?.definition.tools.map(({ name }) => name)).toEqual(['sap_transfer_amount']);
  });

  test('adds to the instructions', async () => {
    const { proposal } = await refine(CLAIM, ['Answer in German. Be more formal.']);

    expect(proposal.agents[0]?.definition.instructions).toContain(
      '## As asked\n\n- Answer in German.\n- Be more formal.\n',
    );
  });
});

describe('later messages', () => {
  test('undo nothing that was asked before', async () => {
    const { proposal, model } = await refine(CLAIM, [
      'Rename the agent to Claims Helper',
      'Require approval for register claim',
      'Never pay in cash',
      'Be more formal',
      'Add a step: the auditor checks the payment after transfer amount',
      'Do not use SAP',
    ]);

    const [agent] = proposal.agents;
    expect(agent?.name).toBe('Claims Helper');
    expect(agent?.definition.tools).toMatchObject([
      { name: 'servicenow_register_claim', requiresApproval: true },
    ]);
    expect(agent?.definition.instructions).toMatch(/Never pay in cash[^]*## As asked\n\n- Be more formal\./);
    expect(model.activities.at(-1)).toMatchObject({ verb: 'check', object: 'payment' });
  });

  test('of which one is not understood do the rest and say how to put it', async () => {
    const { answers, proposal } = await refine(CLAIM, ['Make it nicer. Be polite']);

    expect(answers[0]).toMatch(
      /^«Make it nicer» was not understood\. Without an AI model these can be said: .* Told the agents: “Be polite”\.$/,
    );
    expect(proposal.adjustments).toEqual([{ kind: 'INSTRUCTION', text: 'Be polite' }]);
  });

  test('that mean one of several steps ask which', async () => {
    const { answers } = await refine(CLAIM, ['Require approval for claim']);

    expect(answers[0]).toMatch(
      /«claim» may be «Submit claim», «Check claim», «Register claim» and «Archive claim»/,
    );
  });

  test('give the same answers to the same messages', async () => {
    const messages = ['Rename the agent to A', 'Never pay in cash', 'Make it two agents'];

    expect(await refine(CLAIM, messages)).toEqual(await refine(CLAIM, messages));
  });
});

test('a first analysis is told of as it was found', async () => {
  const told: string[] = [];

  await engine.analyze(
    analysisRequest({
      sourceText: 'The clerk checks the form in Jira.',
      onFound: (found) => told.push(...found.map(({ kind, name }) => `${kind} ${name}`)),
    }),
  );

  expect(told).toEqual(['ACTOR clerk', 'ACTIVITY Check form', 'SYSTEM Jira']);
});
