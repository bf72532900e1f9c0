/** The agents of Acme Insurance. */
import type { DemoAgent } from './demo-agent.ts';
import { history, rule, skill, tool } from './demo-agent.ts';

const readPolicy = tool('getPolicy', 'Reads a policy with its covers, limits and deductibles.', {
  policyNumber: 'Number of the policy, such as P-204771',
});
const openTicket = tool(
  'createIncident',
  'Opens an incident for the operations team.',
  { summary: 'One line that says what is wrong', details: 'What was observed, and for which claim' },
  { integrationKind: 'SERVICENOW' },
);

export const acmeAgents: readonly DemoAgent[] = [
  {
    id: '0193a000-0000-7000-8000-00000000ac01',
    slug: 'claims-intake',
    name: 'Claims intake',
    description: 'Takes a first notice of loss, completes it with the customer and registers the claim.',
    tags: ['claims', 'customer'],
    metadata: { department: 'Claims', costCenter: 'CL-100' },
    published: 2,
    versions: history(
      {
        instructions:
          'You take first notices of loss for motor and home insurance. Find the policy, ask for what is missing (date, place, what happened, who is involved), and register the claim. Never promise a payment.',
        tools: [
          readPolicy,
          tool('registerClaim', 'Registers a claim and returns its number.', {
            policyNumber: 'Policy that the loss falls under',
            lossDate: 'Date of the loss, ISO 8601',
            description: 'What happened, in the words of the customer',
          }),
        ],
        skills: [
          skill(
            'register-claim',
            'Register a claim',
            'Turns a report of a loss into a registered claim.',
            'My car was hit in a car park yesterday, what do I do?',
          ),
        ],
      },
      [
        'Confirms the claim within a day and refuses promises',
        {
          guardrails: [
            rule('DEADLINE', 'confirm-in-a-day', 'The customer gets a claim number within one working day.'),
            rule('PROHIBITION', 'no-promise', 'Never says that a loss is covered or how much is paid.'),
          ],
        },
      ],
      [
        'Accepts photographs and scanned reports',
        { inputModes: ['text/plain', 'image/jpeg', 'application/pdf'], settings: { maxAttachments: 10 } },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000ac02',
    slug: 'coverage-check',
    name: 'Coverage check',
    description: 'Compares a registered claim with the policy and says which cover applies and why.',
    tags: ['claims', 'underwriting'],
    metadata: { department: 'Claims', costCenter: 'CL-100' },
    published: 3,
    versions: history(
      {
        instructions:
          'You check whether a claim is covered. Read the policy as it stood on the date of the loss, name the clause that applies, and give the deductible and the limit. Where two clauses conflict, say so and leave the decision to a claims handler.',
        tools: [readPolicy],
        skills: [
          skill('find-clause', 'Find the clause', 'Names the clause of a policy that decides a claim.'),
        ],
      },
      [
        'Large claims go to a person',
        {
          guardrails: [
            rule('THRESHOLD', 'large-claim', 'Claims above 25,000 EUR are decided by a senior handler.'),
          ],
        },
      ],
      [
        'Reads the wording that was valid on the day of the loss',
        {
          tools: [
            readPolicy,
            tool('getPolicyWording', 'Reads the wording of a product on a given day.', {
              product: 'Product code, such as HOME-PLUS',
              validOn: 'Date, ISO 8601',
            }),
          ],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000ac03',
    slug: 'fraud-triage',
    name: 'Fraud triage',
    description: 'Scores new claims for signs of fraud and hands suspicious ones to the investigation unit.',
    tags: ['claims', 'risk'],
    metadata: { department: 'Special investigations', costCenter: 'SI-220' },
    published: 2,
    versions: history(
      {
        instructions:
          'You look for signs of fraud in new claims: earlier claims with the same pattern, a policy taken out shortly before the loss, contradictions in the report. List each sign with its evidence. A sign is not a proof, and you accuse nobody.',
        tools: [
          tool('findRelatedClaims', 'Finds claims with the same people, vehicles or addresses.', {
            claimNumber: 'Claim to start from',
          }),
        ],
      },
      [
        'Hands over to the investigators, with their consent',
        {
          tools: [
            tool('findRelatedClaims', 'Finds claims with the same people, vehicles or addresses.', {
              claimNumber: 'Claim to start from',
            }),
            tool(
              'createInvestigation',
              'Opens an issue in the project of the investigation unit.',
              { claimNumber: 'Claim in question', signs: 'The signs and their evidence' },
              { integrationKind: 'JIRA', requiresApproval: true },
            ),
          ],
          guardrails: [
            rule('APPROVAL', 'human-decides', 'No claim is stopped without the consent of an investigator.'),
          ],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000ac04',
    slug: 'policy-renewal',
    name: 'Policy renewal',
    description: 'Prepares renewals sixty days ahead: changed risks, new premium, letter to the customer.',
    tags: ['underwriting', 'customer'],
    metadata: { department: 'Underwriting', costCenter: 'UW-310' },
    published: 1,
    versions: history(
      {
        instructions:
          'You prepare the renewal of a policy. Compare what is known about the risk with the last year, propose the premium by the tariff, and draft a letter in plain words that names every change.',
        tools: [
          readPolicy,
          tool('calculatePremium', 'Calculates the premium by the current tariff.', {
            policyNumber: 'Policy to renew',
            validFrom: 'First day of the new year, ISO 8601',
          }),
        ],
        guardrails: [rule('DEADLINE', 'sixty-days', 'The letter leaves sixty days before the policy ends.')],
      },
      [
        'A rise above ten percent needs an underwriter',
        {
          guardrails: [
            rule('DEADLINE', 'sixty-days', 'The letter leaves sixty days before the policy ends.'),
            rule(
              'THRESHOLD',
              'premium-rise',
              'A rise of more than ten percent is approved by an underwriter.',
            ),
          ],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000ac05',
    slug: 'broker-desk',
    name: 'Broker desk',
    description: 'Answers questions of brokers about products, commissions and the state of applications.',
    tags: ['brokers', 'service'],
    metadata: { department: 'Sales', costCenter: 'SA-410' },
    versions: history(
      {
        instructions:
          'You answer brokers. Give facts about products and applications with the source, and open an incident when a system answers wrongly. You do not negotiate commissions.',
        tools: [openTicket],
      },
      [
        'Knows the state of an application',
        {
          tools: [
            openTicket,
            tool('getApplication', 'Reads the state of an application and what is missing.', {
              applicationNumber: 'Number of the application',
            }),
          ],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000ac06',
    slug: 'complaint-response',
    name: 'Complaint response',
    description: 'Drafts answers to complaints within the legal time, with the facts of the case.',
    tags: ['customer', 'compliance'],
    metadata: { department: 'Compliance', costCenter: 'CO-510' },
    versions: history(
      {
        instructions:
          'You draft the answer to a complaint. Collect the facts of the case in order of time, say what went wrong, and propose what would put it right. A person signs every answer.',
        tools: [readPolicy],
        guardrails: [
          rule('DEADLINE', 'fifteen-days', 'A complaint is answered within fifteen working days.'),
        ],
      },
      [
        'Names the ombudsman in every answer',
        {
          guardrails: [
            rule('DEADLINE', 'fifteen-days', 'A complaint is answered within fifteen working days.'),
            rule('OBLIGATION', 'ombudsman', 'Every final answer names the ombudsman and how to reach it.'),
          ],
        },
      ],
      [
        'Calmer wording',
        {
          model: {
            provider: 'anthropic',
            name: 'claude-sonnet-5-5',
            temperature: 0.1,
            maxOutputTokens: 2048,
          },
        },
      ],
    ),
  },
];
