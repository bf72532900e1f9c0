/** Three processes for tests: their descriptions, and what a careful AI model reads in them. */
import type { AnalysisAnswer } from '../ai/analysis-answer.ts';

type Activity = AnalysisAnswer['activities'][number];

const EMPTY: AnalysisAnswer = {
  actors: [],
  systems: [],
  dataObjects: [],
  activities: [],
  gateways: [],
  flows: [],
  triggers: [],
  rules: [],
  exceptions: [],
  openQuestions: [],
  answer: '',
};

/** `verb object` done by an actor; more as needed. */
function step(
  key: string,
  [verb, object, actor]: readonly [string, string, string],
  quote: string,
  more: Partial<Activity> = {},
): Activity {
  return {
    key,
    verb,
    object,
    kind: 'USER',
    actor,
    recipient: '',
    systems: [],
    inputs: [],
    outputs: [],
    quote,
    ...more,
  };
}

/** `a > b`, `g > a if the claim is complete`, `a > END`. */
function flows(...lines: readonly string[]): AnalysisAnswer['flows'] {
  return lines.map((line) => {
    const [way = '', condition = ''] = line.split(' if ');
    const [from = '', to = ''] = way.split(' > ');
    return { from, to, condition };
  });
}

export interface Example {
  readonly title: string;
  readonly text: string;
  readonly answer: AnalysisAnswer;
}

export const CLAIM: Example = {
  title: 'Motor claims',
  text:
    'A customer submits a claim through the web portal. The claims clerk checks the claim and registers it in ServiceNow. ' +
    'If a document is missing, the clerk asks the customer for it and checks the claim again. ' +
    'Otherwise an appraiser inspects the damaged car. If the amount is above 10,000 EUR, the claims manager approves the payout. ' +
    'The finance team transfers the amount in SAP and the clerk informs the customer by email. ' +
    'Finally the web portal archives the claim by itself. Claims must be answered within five days.',
  answer: {
    ...EMPTY,
    actors: [
      { key: 'customer', name: 'customer', kind: 'EXTERNAL', quote: 'A customer' },
      { key: 'clerk', name: 'claims clerk', kind: 'ROLE', quote: 'The claims clerk' },
      { key: 'appraiser', name: 'appraiser', kind: 'ROLE', quote: 'an appraiser' },
      { key: 'manager', name: 'claims manager', kind: 'ROLE', quote: 'the claims manager' },
      { key: 'finance', name: 'finance team', kind: 'ORGANIZATION', quote: 'The finance team' },
    ],
    systems: [
      { key: 'portal', name: 'web portal', role: 'PERFORMER', quote: 'the web portal' },
      { key: 'snow', name: 'ServiceNow', role: 'RECORD', quote: 'ServiceNow' },
      { key: 'sap', name: 'SAP', role: 'TOOL', quote: 'SAP' },
    ],
    dataObjects: [
      { key: 'claim', name: 'claim', quote: 'a claim' },
      { key: 'amount', name: 'amount', quote: 'the amount' },
    ],
    activities: [
      step('submit', ['submit', 'claim', 'customer'], 'submits a claim', {
        kind: 'SEND',
        systems: ['portal'],
        outputs: ['claim'],
      }),
      step('check', ['check', 'claim', 'clerk'], 'checks the claim', { inputs: ['claim'] }),
      step('register', ['register', 'claim', 'clerk'], 'registers it in ServiceNow', {
        systems: ['snow'],
        inputs: ['claim'],
      }),
      step('ask', ['ask', 'document', 'clerk'], 'asks the customer for it', {
        kind: 'SEND',
        recipient: 'customer',
      }),
      step('inspect', ['inspect', 'damaged car', 'appraiser'], 'inspects the damaged car'),
      step('approve', ['approve', 'payout', 'manager'], 'approves the payout', { kind: 'DECISION' }),
      step('transfer', ['transfer', 'amount', 'finance'], 'transfers the amount in SAP', {
        systems: ['sap'],
        inputs: ['amount'],
      }),
      step('inform', ['inform', 'customer', 'clerk'], 'informs the customer by email', {
        kind: 'SEND',
        recipient: 'customer',
      }),
      step('archive', ['archive', 'claim', ''], 'archives the claim by itself', {
        kind: 'SERVICE',
        systems: ['portal'],
      }),
    ],
    gateways: [
      { key: 'missing', kind: 'XOR', quote: 'If a document is missing' },
      { key: 'high', kind: 'XOR', quote: 'If the amount is above 10,000 EUR' },
      { key: 'joined', kind: 'XOR', quote: '' },
    ],
    flows: flows(
      'submit > check',
      'check > register',
      'register > missing',
      'missing > ask if a document is missing',
      'ask > check',
      'missing > inspect if Otherwise',
      'inspect > high',
      'high > approve if the amount is above 10,000 EUR',
      'high > joined if otherwise',
      'approve > joined',
      'joined > transfer',
      'transfer > inform',
      'inform > archive',
      'archive > END',
    ),
    triggers: [
      { kind: 'MESSAGE', activity: 'submit', quote: 'A customer submits a claim through the web portal' },
    ],
    rules: [
      { kind: 'THRESHOLD', activity: 'approve', quote: 'the amount is above 10,000 EUR' },
      { kind: 'DEADLINE', activity: 'inform', quote: 'Claims must be answered within five days' },
    ],
    exceptions: [{ activity: 'ask', quote: 'a document is missing' }],
  },
};

export const ONBOARDING: Example = {
  title: 'IT onboarding',
  text:
    'When a new employee signs the contract, the HR assistant opens an onboarding ticket in ServiceNow. ' +
    'Then the IT technician creates the accounts in Jira; at the same time, the facilities team prepares the desk. ' +
    'If an account is missing, the IT technician updates the ticket in ServiceNow. ' +
    'The HR assistant closes the ticket in ServiceNow and sends the employee a welcome email. ' +
    'Never share passwords by email.',
  answer: {
    ...EMPTY,
    actors: [
      { key: 'employee', name: 'new employee', kind: 'PERSON', quote: 'a new employee' },
      { key: 'hr', name: 'HR assistant', kind: 'ROLE', quote: 'the HR assistant' },
      { key: 'it', name: 'IT technician', kind: 'ROLE', quote: 'the IT technician' },
      { key: 'facilities', name: 'facilities team', kind: 'ORGANIZATION', quote: 'the facilities team' },
    ],
    systems: [
      { key: 'snow', name: 'ServiceNow', role: 'RECORD', quote: 'ServiceNow' },
      { key: 'jira', name: 'Jira', role: 'TOOL', quote: 'Jira' },
    ],
    activities: [
      step('sign', ['sign', 'contract', 'employee'], 'signs the contract'),
      step('open', ['open', 'onboarding ticket', 'hr'], 'opens an onboarding ticket in ServiceNow', {
        systems: ['snow'],
      }),
      step('create', ['create', 'accounts', 'it'], 'creates the accounts in Jira', { systems: ['jira'] }),
      step('prepare', ['prepare', 'desk', 'facilities'], 'prepares the desk'),
      step('update', ['update', 'ticket', 'it'], 'updates the ticket in ServiceNow', { systems: ['snow'] }),
      step('close', ['close', 'ticket', 'hr'], 'closes the ticket in ServiceNow', { systems: ['snow'] }),
      step('welcome', ['send', 'welcome email', 'hr'], 'sends the employee a welcome email', {
        kind: 'SEND',
        recipient: 'employee',
      }),
    ],
    gateways: [
      { key: 'both', kind: 'AND', quote: 'at the same time' },
      { key: 'done', kind: 'AND', quote: '' },
      { key: 'lacking', kind: 'XOR', quote: 'If an account is missing' },
      { key: 'joined', kind: 'XOR', quote: '' },
    ],
    flows: flows(
      'sign > open',
      'open > both',
      'both > create',
      'both > prepare',
      'create > done',
      'prepare > done',
      'done > lacking',
      'lacking > update if an account is missing',
      'lacking > joined if otherwise',
      'update > joined',
      'joined > close',
      'close > welcome',
      'welcome > END',
    ),
    triggers: [{ kind: 'MESSAGE', activity: 'sign', quote: 'When a new employee signs the contract' }],
    rules: [{ kind: 'PROHIBITION', activity: '', quote: 'Never share passwords by email' }],
    exceptions: [],
  },
};

export const INVOICE: Example = {
  title: 'Invoice approval',
  text:
    'A supplier sends an invoice by email. The accounts clerk enters the invoice into SAP and compares it with the order. ' +
    'If it does not match the order, the clerk asks the supplier for a correction and the invoice is compared again. ' +
    'If the amount is above 5,000 EUR, the CFO approves the invoice; if it is above 1,000 EUR, the department head approves the invoice; ' +
    'otherwise the invoice is cleared. The accounts clerk pays the invoice in SAP.',
  answer: {
    ...EMPTY,
    actors: [
      { key: 'supplier', name: 'supplier', kind: 'EXTERNAL', quote: 'A supplier' },
      { key: 'clerk', name: 'accounts clerk', kind: 'ROLE', quote: 'The accounts clerk' },
      { key: 'cfo', name: 'CFO', kind: 'ROLE', quote: 'the CFO' },
      { key: 'head', name: 'department head', kind: 'ROLE', quote: 'the department head' },
    ],
    systems: [{ key: 'sap', name: 'SAP', role: 'RECORD', quote: 'SAP' }],
    activities: [
      step('send', ['send', 'invoice', 'supplier'], 'sends an invoice by email', { kind: 'SEND' }),
      step('enter', ['enter', 'invoice', 'clerk'], 'enters the invoice into SAP', { systems: ['sap'] }),
      step('compare', ['compare', 'order', 'clerk'], 'compares it with the order'),
      step('ask', ['ask', 'correction', 'clerk'], 'asks the supplier for a correction', {
        kind: 'SEND',
        recipient: 'supplier',
      }),
      step('cfo', ['approve', 'invoice', 'cfo'], 'approves the invoice', { kind: 'DECISION' }),
      step('head', ['approve', 'invoice', 'head'], 'approves the invoice', { kind: 'DECISION' }),
      step('clear', ['clear', 'invoice', ''], 'the invoice is cleared', {}),
      step('pay', ['pay', 'invoice', 'clerk'], 'pays the invoice in SAP', { systems: ['sap'] }),
    ],
    gateways: [
      { key: 'match', kind: 'XOR', quote: 'If it does not match the order' },
      { key: 'size', kind: 'XOR', quote: 'If the amount is above 5,000 EUR' },
      { key: 'joined', kind: 'XOR', quote: '' },
    ],
    flows: flows(
      'send > enter',
      'enter > compare',
      'compare > match',
      'match > ask if it does not match the order',
      'ask > compare',
      'match > size if otherwise',
      'size > cfo if the amount is above 5,000 EUR',
      'size > head if it is above 1,000 EUR',
      'size > clear if otherwise',
      'cfo > joined',
      'head > joined',
      'clear > joined',
      'joined > pay',
      'pay > END',
    ),
    triggers: [{ kind: 'MESSAGE', activity: 'send', quote: 'A supplier sends an invoice by email' }],
    rules: [{ kind: 'THRESHOLD', activity: 'cfo', quote: 'the amount is above 5,000 EUR' }],
    exceptions: [],
  },
};
