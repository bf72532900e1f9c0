import { describe, expect, test } from 'vitest';
import { analyzeProcessText } from './analyze.ts';
import { EXAMPLES } from './example-texts.ts';
import { readModel } from './reading.ts';

describe('whole descriptions', () => {
  test('a claim: decisions with otherwise, coordination, passive voice, pronouns', () => {
    const model = analyzeProcessText(EXAMPLES.claims);

    expect(readModel(model)).toEqual({
      actors: [
        'customer: EXTERNAL',
        'claims clerk: ROLE',
        'adjuster: ROLE',
        'claims manager: ROLE',
        'finance department: ORGANIZATION',
      ],
      activities: [
        'customer | submit | claim @ web portal | SEND',
        'claims clerk | check | claim | USER',
        'claims clerk | register | claim @ ServiceNow | USER',
        'adjuster | assess | claim | USER',
        'claims clerk | ask | missing documents > customer | USER',
        'adjuster | approve | claim | USER',
        'adjuster | reject | claim | USER',
        'claims manager | approve | payment | USER',
        'finance department | pay | customer > customer | USER',
        'customer | receive | confirmation | RECEIVE',
      ],
      gateways: [
        'G1 XOR: the claim is complete / otherwise',
        'G2 XOR: ',
        'G3 XOR: the amount exceeds $10,000',
      ],
      flows: [
        '1 > 2',
        '2 > 3',
        '3 > G1',
        'G1 > 4 if the claim is complete',
        'G1 > 5 if otherwise',
        '4 > G2',
        '5 > G2',
        'G2 > 6',
        'G2 > 7',
        '6 > G3',
        'G3 > 8 if the amount exceeds $10,000',
        '8 > 9',
        'G3 > 9',
        '9 > 10',
      ],
    });
  });

  test('a list of orders: steps without actors are asked for', () => {
    const model = analyzeProcessText(EXAMPLES.triage);

    expect(readModel(model)).toEqual({
      actors: ['reporter: ROLE', 'developer: ROLE', 'reviewer: ROLE'],
      activities: [
        '? | read | bug report @ Jira | USER',
        '? | ask | details > reporter | USER',
        '? | assign | bug > developer | USER',
        'developer | fix | bug | USER',
        'developer | open | pull request @ GitHub | USER',
        'reviewer | review | pull request | USER',
        'reviewer | merge | pull request | USER',
        'reviewer | request | changes | USER',
      ],
      gateways: ['G1 XOR: the report is incomplete', 'G2 XOR: '],
      flows: [
        '1 > G1',
        'G1 > 2 if the report is incomplete',
        '2 > 3',
        'G1 > 3',
        '3 > 4',
        '4 > 5',
        '5 > 6',
        '6 > G2',
        'G2 > 7',
        'G2 > 8',
      ],
    });
  });

  test('parallel work, references to earlier steps and a loose otherwise sentence', () => {
    const model = analyzeProcessText(EXAMPLES.onboarding);

    expect(readModel(model)).toEqual({
      actors: [
        'new employee: ROLE',
        'HR assistant: ROLE',
        'IT department: ORGANIZATION',
        'facilities team: ORGANIZATION',
        'technician: ROLE',
        'courier: EXTERNAL',
      ],
      activities: [
        'new employee | join | - | USER',
        'HR assistant | create | ticket @ ServiceNow | USER',
        'IT department | order | laptop | USER',
        'IT department | set up | accounts | USER',
        'facilities team | prepare | desk | USER',
        '? | deliver | laptop | SEND',
        'technician | install | software | MANUAL',
        'technician | hand | software > new employee | MANUAL',
        'courier | ship | laptop | SEND',
        'new employee | pick up | laptop | MANUAL',
      ],
      gateways: ['G1 AND: ', 'G2 XOR: the employee works remotely / otherwise'],
      flows: [
        '1 > 2',
        '2 > G1',
        'G1 > 3',
        '3 > 4',
        'G1 > 5',
        '4 > 6',
        '5 > 6',
        '6 > 7',
        '7 > 8',
        '8 > G2',
        'G2 > 9 if the employee works remotely',
        'G2 > 10 if otherwise',
      ],
    });
  });

  test('pronouns, a case opened by `in case of` and automatic work', () => {
    const model = analyzeProcessText(EXAMPLES.support);

    expect(readModel(model)).toEqual({
      actors: [
        'support team: ORGANIZATION',
        'agent: ROLE',
        'engineering team: ORGANIZATION',
        'customer: EXTERNAL',
      ],
      activities: [
        'support team | receive | emails | RECEIVE',
        'agent | read | emails | USER',
        'agent | create | ticket @ Zendesk | USER',
        'agent | classify | ticket | USER',
        'agent | escalate | ticket > engineering team | SEND',
        'agent | answer | customer > customer | SEND',
        '? | close | Tickets without response | SERVICE',
      ],
      gateways: ['G1 XOR: a technical problem / otherwise'],
      flows: [
        '1 > 2',
        '2 > 3',
        '3 > 4',
        '4 > G1',
        'G1 > 5 if a technical problem',
        'G1 > 6 if otherwise',
        '5 > 7',
        '6 > 7',
      ],
    });
  });

  test('odd spaces, line breaks and emojis change nothing', () => {
    const model = analyzeProcessText(EXAMPLES.spacing);

    expect(readModel(model)).toEqual({
      actors: ['clerk: ROLE', 'archivist: ROLE'],
      activities: [
        'clerk | review | form | USER',
        'clerk | sign | form | MANUAL',
        'archivist | file | form | USER',
      ],
      gateways: [],
      flows: ['1 > 2', '2 > 3'],
    });
  });

  test('a process end inside a branch, relative clauses and parallel work', () => {
    const model = analyzeProcessText(EXAMPLES.purchase);

    expect(readModel(model)).toEqual({
      actors: [
        'Employees: ROLE',
        'line manager: ROLE',
        'CFO: ROLE',
        'Procurement: ORGANIZATION',
        'supplier: EXTERNAL',
        'accountant: ROLE',
      ],
      activities: [
        'Employees | submit | purchase requests | SEND',
        'line manager | check | purchase requests | USER',
        'line manager | forward | purchase requests > CFO | SEND',
        'CFO | approve | purchase requests | USER',
        'CFO | decline | purchase requests | USER',
        '? | notify | employee > Employees | SEND',
        'Procurement | place | order > supplier | USER',
        'supplier | deliver | goods | SEND',
        'accountant | enter | invoice @ SAP | USER',
      ],
      gateways: [
        'G1 XOR: it is above 5,000 euros',
        'G2 XOR: ',
        'G3 XOR: the request is declined',
        'G4 AND: ',
      ],
      flows: [
        '1 > 2',
        '2 > G1',
        'G1 > 3 if it is above 5,000 euros',
        '3 > G2',
        'G2 > 4',
        'G2 > 5',
        '4 > G3',
        'G1 > G3',
        'G3 > 6 if the request is declined',
        'G3 > 7',
        '7 > G4',
        'G4 > 8',
        'G4 > 9',
      ],
    });
  });
});
