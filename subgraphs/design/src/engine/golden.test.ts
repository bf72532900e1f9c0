/** Three realistic processes, from what is read in them to who does what, as whole values. */
import { invariant } from '@flowgrid/platform';
import { describe, expect, test } from 'vitest';
import type { ProcessModel } from '../modules/process-model/process-model.ts';
import { proposeAgents } from '../modules/proposal/propose-agents.ts';
import type { AgentSplit, Proposal } from '../modules/proposal/proposal.ts';
import { buildModel } from './ai/build-model.ts';
import { CLAIM, INVOICE, ONBOARDING } from './testkit/examples.ts';
import type { Example } from './testkit/examples.ts';

function read({ answer, text }: Example): ProcessModel {
  const { result, faults, rejections } = buildModel(answer, {
    sourceText: text,
    previous: null,
    local: null,
    revision: 1,
  });
  expect({ faults, rejections }).toEqual({ faults: [], rejections: [] });
  invariant(result, 'the example is a process');
  return result.model;
}

function propose(example: Example, split: AgentSplit = 'BY_ROLE'): Proposal {
  return proposeAgents({
    title: example.title,
    sourceText: example.text,
    processModel: read(example),
    existingAgents: [],
    integrationKinds: ['SERVICENOW', 'JIRA'],
    model: { provider: 'anthropic', name: 'some-model' },
    split,
    base: null,
    previous: null,
    adjustments: [],
  });
}

const cut = ({ automation }: Proposal): readonly string[] =>
  automation.map(({ performer, agentKey, reason }) => `${performer} ${agentKey ?? '-'}: ${reason}`);

const agents = (proposal: Proposal): readonly string[] =>
  proposal.agents.map(({ key, name, handsOffTo, definition }) => {
    const tools = definition.tools.map(
      ({ name: tool, integrationKind, requiresApproval }) =>
        `${tool}@${integrationKind ?? 'nothing'}${requiresApproval ? ' after approval' : ''}`,
    );
    return `${key} | ${name} | ${tools.join(', ')} | hands off to ${handsOffTo.join(', ') || 'nobody'}`;
  });

const cases = ({ testCases }: Proposal): readonly string[] =>
  testCases.map(({ given, activityIds, expect: { toolNames, approvals } }) =>
    [
      given.join('; '),
      activityIds.map((id) => id.replace('activity-', '')).join(' '),
      toolNames.join(', '),
      `${approvals.length} approvals`,
    ].join(' | '),
  );

describe('motor claims', () => {
  test('the cut cites what led to it', () => {
    expect(cut(propose(CLAIM))).toEqual([
      'HUMAN claims-clerk: Customer is outside the company and does this; it starts the process.',
      'AGENT claims-clerk: «Check claim» is work with information alone, which an agent can do for claims clerk.',
      'AGENT claims-clerk: It is done in ServiceNow, which a tool can reach, for claims clerk.',
      'AGENT claims-clerk: It is a message, which an agent can write, for claims clerk.',
      'HUMAN claims-clerk: It needs hands (work on a real car); appraiser does it.',
      'HUMAN claims-clerk: «Approve payout» is a decision, and the description gives it to claims manager.',
      'AGENT finance-team: It is done in SAP, which a tool can reach, for finance team.',
      'AGENT claims-clerk: It is a message, which an agent can write, for claims clerk.',
      'SYSTEM -: web portal does this by itself.',
    ]);
  });

  test('there is one agent for each role that can be automated', () => {
    expect(agents(propose(CLAIM))).toEqual([
      'claims-clerk | Motor claims: claims clerk | servicenow_register_claim@SERVICENOW | hands off to finance-team',
      'finance-team | Motor claims: finance team | sap_transfer_amount@nothing after approval | hands off to claims-clerk',
    ]);
    expect(agents(propose(CLAIM, 'ONE'))).toEqual([
      'motor-claims | Motor claims | servicenow_register_claim@SERVICENOW, sap_transfer_amount@nothing after approval | hands off to nobody',
    ]);
  });

  test('people agree to what they decide and to what cannot be taken back', () => {
    expect(propose(CLAIM).approvals).toEqual([
      {
        activityId: 'activity-6',
        agentKey: 'claims-clerk',
        toolNames: ['sap_transfer_amount'],
        reason: '«Approve payout» is decided by claims manager.',
      },
      {
        activityId: 'activity-7',
        agentKey: 'finance-team',
        toolNames: ['sap_transfer_amount'],
        reason: '«Transfer amount» waits for a person. To transfer is hard to take back.',
      },
    ]);
  });

  test('the test cases take each way, and a repetition once', () => {
    expect(cases(propose(CLAIM))).toEqual([
      'a document is missing; later it is not so that a document is missing; the amount is above 10,000 EUR | 1 2 3 4 2 3 5 6 7 8 9 | servicenow_register_claim, servicenow_register_claim, sap_transfer_amount | 2 approvals',
      'a document is missing; later it is not so that a document is missing; it is not so that the amount is above 10,000 EUR | 1 2 3 4 2 3 5 7 8 9 | servicenow_register_claim, servicenow_register_claim, sap_transfer_amount | 1 approvals',
      'it is not so that a document is missing; the amount is above 10,000 EUR | 1 2 3 5 6 7 8 9 | servicenow_register_claim, sap_transfer_amount | 2 approvals',
      'it is not so that a document is missing; it is not so that the amount is above 10,000 EUR | 1 2 3 5 7 8 9 | servicenow_register_claim, sap_transfer_amount | 1 approvals',
    ]);
  });

  test('a test case says what is told to the first agent and how it ends', () => {
    expect(propose(CLAIM).testCases[2]).toEqual({
      id: 'case-3',
      name: 'it is not so that a document is missing; the amount is above 10,000 EUR',
      given: ['it is not so that a document is missing', 'the amount is above 10,000 EUR'],
      input:
        'A customer submits a claim through the web portal. In this case it is not so that a document is missing, and the amount is above 10,000 EUR.',
      activityIds: [1, 2, 3, 5, 6, 7, 8, 9].map((number) => `activity-${number}`),
      expect: {
        toolNames: ['servicenow_register_claim', 'sap_transfer_amount'],
        approvals: [
          '«Approve payout» is decided by claims manager.',
          '«Transfer amount» waits for a person. To transfer is hard to take back.',
        ],
        outcome: 'It is over after «Archive claim».',
      },
    });
  });
});

describe('IT onboarding', () => {
  test('the cut keeps the desk for people', () => {
    expect(cut(propose(ONBOARDING))).toEqual([
      'HUMAN hr-assistant: It starts the process and is done by new employee: it has happened when an agent begins.',
      'AGENT hr-assistant: It is done in ServiceNow, which a tool can reach, for HR assistant.',
      'AGENT it-technician: It is done in Jira, which a tool can reach, for IT technician.',
      'HUMAN it-technician: It needs hands (work on a real desk); facilities team does it.',
      'AGENT it-technician: It is done in ServiceNow, which a tool can reach, for IT technician.',
      'AGENT hr-assistant: It is done in ServiceNow, which a tool can reach, for HR assistant.',
      'AGENT hr-assistant: It is a message, which an agent can write, for HR assistant.',
    ]);
  });

  test('two roles in two systems are two agents', () => {
    expect(agents(propose(ONBOARDING))).toEqual([
      'hr-assistant | IT onboarding: HR assistant | servicenow_open_onboarding_ticket@SERVICENOW, servicenow_close_ticket@SERVICENOW | hands off to it-technician',
      'it-technician | IT onboarding: IT technician | jira_create_accounts@JIRA, servicenow_update_ticket@SERVICENOW | hands off to hr-assistant',
    ]);
  });

  test('what happens at the same time is in every test case', () => {
    expect(cases(propose(ONBOARDING))).toEqual([
      'an account is missing | 1 2 3 4 5 6 7 | servicenow_open_onboarding_ticket, jira_create_accounts, servicenow_update_ticket, servicenow_close_ticket | 0 approvals',
      'it is not so that an account is missing | 1 2 3 4 6 7 | servicenow_open_onboarding_ticket, jira_create_accounts, servicenow_close_ticket | 0 approvals',
    ]);
  });
});

describe('invoice approval', () => {
  test('approvals stay with whom the description gives them to', () => {
    expect(cut(propose(INVOICE))).toEqual([
      'HUMAN invoice-approval: Supplier is outside the company and does this; it starts the process.',
      'AGENT invoice-approval: It is done in SAP, which a tool can reach, for accounts clerk.',
      'AGENT invoice-approval: «Compare order» is work with information alone, which an agent can do for accounts clerk.',
      'AGENT invoice-approval: It is a message, which an agent can write, for accounts clerk.',
      'HUMAN invoice-approval: «Approve invoice» is a decision, and the description gives it to CFO.',
      'HUMAN invoice-approval: «Approve invoice» is a decision, and the description gives it to department head.',
      'AGENT invoice-approval: The description gives «Clear invoice» to nobody, and it needs neither hands nor a decision.',
      'AGENT invoice-approval: It is done in SAP, which a tool can reach, for accounts clerk.',
    ]);
  });

  test('one role with automated work is one agent, however it is asked', () => {
    expect(agents(propose(INVOICE, 'BY_ROLE'))).toEqual([
      'invoice-approval | Invoice approval | sap_enter_invoice@nothing, sap_pay_invoice@nothing after approval | hands off to nobody',
    ]);
  });

  test('three sizes of invoice, with and without a correction, are six test cases', () => {
    expect(cases(propose(INVOICE)).map((line) => line.split(' | ').slice(1).join(' | '))).toEqual([
      '1 2 3 4 3 5 8 | sap_enter_invoice, sap_pay_invoice | 2 approvals',
      '1 2 3 4 3 6 8 | sap_enter_invoice, sap_pay_invoice | 2 approvals',
      '1 2 3 4 3 7 8 | sap_enter_invoice, sap_pay_invoice | 1 approvals',
      '1 2 3 5 8 | sap_enter_invoice, sap_pay_invoice | 2 approvals',
      '1 2 3 6 8 | sap_enter_invoice, sap_pay_invoice | 2 approvals',
      '1 2 3 7 8 | sap_enter_invoice, sap_pay_invoice | 1 approvals',
    ]);
  });
});
