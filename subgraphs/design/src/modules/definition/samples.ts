/** Process models and definitions for tests: an ordinary one, an empty one, and one that attacks whatever is generated from it. */
import type {
  ProcessActivity,
  ProcessFlow,
  ProcessModel,
  ProcessSystem,
} from '../process-model/process-model.ts';
import type { AgentDefinition, JsonObject } from './agent-definition.ts';

const span = (start: number): { start: number; end: number } => ({ start, end: start + 10 });

export const EMPTY_MODEL: ProcessModel = {
  revision: 1,
  actors: [],
  activities: [],
  gateways: [],
  flows: [],
  ends: [],
  handoffs: [],
  dataObjects: [],
  systems: [],
  triggers: [],
  rules: [],
  exceptions: [],
  openQuestions: [],
};

type ActivityParts = Partial<ProcessActivity> & Pick<ProcessActivity, 'id' | 'verb'>;

export function sampleActivity(start: number, parts: ActivityParts): ProcessActivity {
  return {
    span: span(start),
    object: null,
    kind: 'USER',
    actorId: null,
    recipientId: null,
    systemIds: [],
    inputIds: [],
    outputIds: [],
    ...parts,
  };
}

export function sampleFlow(
  number: number,
  sourceId: string,
  targetId: string,
  condition: string | null = null,
): ProcessFlow {
  return { id: `flow-${number}`, span: span(0), sourceId, targetId, condition, isBack: false };
}

export function sampleSystem(
  id: string,
  name: string,
  integrationKind: ProcessSystem['integrationKind'],
): ProcessSystem {
  return { id, span: span(0), name, integrationKind, role: 'TOOL' };
}

export const CLAIM_TITLE = 'Handle travel claims';
export const CLAIM_TEXT =
  'A customer sends a travel claim. The claims handler checks the claim in SAP and creates a Jira issue. ' +
  'If the claim amount is above 5,000 EUR, the team lead approves the payout. Otherwise the payout is booked in SAP at once. ' +
  'The payout is booked in SAP after approval and the Letter Writer informs the customer. ' +
  'Claims must be answered within five days.';

export const CLAIM_MODEL: ProcessModel = {
  ...EMPTY_MODEL,
  revision: 3,
  actors: [
    { id: 'actor-1', span: span(2), name: 'customer', kind: 'EXTERNAL' },
    { id: 'actor-2', span: span(38), name: 'claims handler', kind: 'ROLE' },
    { id: 'actor-3', span: span(150), name: 'team lead', kind: 'ROLE' },
    { id: 'actor-4', span: span(60), name: 'SAP', kind: 'SYSTEM' },
  ],
  activities: [
    sampleActivity(0, {
      id: 'activity-1',
      verb: 'send',
      object: 'travel claim',
      kind: 'RECEIVE',
      actorId: 'actor-1',
      outputIds: ['data-1'],
    }),
    sampleActivity(40, {
      id: 'activity-2',
      verb: 'check',
      object: 'claim',
      actorId: 'actor-2',
      systemIds: ['system-1'],
      inputIds: ['data-1', 'data-2'],
    }),
    sampleActivity(70, {
      id: 'activity-3',
      verb: 'create',
      object: 'Jira issue',
      kind: 'SERVICE',
      actorId: 'actor-2',
      systemIds: ['system-2'],
      inputIds: ['data-1'],
      outputIds: ['data-3'],
    }),
    sampleActivity(150, {
      id: 'activity-4',
      verb: 'approve',
      object: 'payout',
      kind: 'DECISION',
      actorId: 'actor-3',
    }),
    sampleActivity(200, {
      id: 'activity-5',
      verb: 'book',
      object: 'payout',
      kind: 'SERVICE',
      systemIds: ['system-1'],
      inputIds: ['data-2'],
    }),
    sampleActivity(290, {
      id: 'activity-6',
      verb: 'inform',
      object: 'customer',
      kind: 'SEND',
      recipientId: 'actor-1',
    }),
  ],
  gateways: [
    { id: 'gateway-1', span: span(100), kind: 'XOR', conditions: [], defaultFlowId: null },
    { id: 'gateway-2', span: span(198), kind: 'XOR', conditions: [], defaultFlowId: null },
  ],
  flows: [
    sampleFlow(1, 'activity-1', 'activity-2'),
    sampleFlow(2, 'activity-2', 'activity-3'),
    sampleFlow(3, 'activity-3', 'gateway-1'),
    sampleFlow(4, 'gateway-1', 'activity-4', 'if the claim amount is above 5,000 EUR'),
    sampleFlow(5, 'gateway-1', 'gateway-2', 'otherwise'),
    sampleFlow(6, 'activity-4', 'gateway-2'),
    sampleFlow(7, 'gateway-2', 'activity-5'),
    sampleFlow(8, 'activity-5', 'activity-6'),
  ],
  dataObjects: [
    { id: 'data-1', span: span(17), name: 'travel claim' },
    { id: 'data-2', span: span(110), name: 'claim amount' },
    { id: 'data-3', span: span(70), name: 'Jira issue' },
  ],
  systems: [sampleSystem('system-1', 'SAP', null), sampleSystem('system-2', 'Jira', 'JIRA')],
  triggers: [
    {
      id: 'trigger-1',
      span: span(0),
      kind: 'MESSAGE',
      description: 'a customer sends a travel claim',
      timer: null,
      activityId: 'activity-1',
    },
  ],
  rules: [
    {
      id: 'rule-1',
      span: span(300),
      kind: 'DEADLINE',
      description: 'claims must be answered within five days',
      activityId: 'activity-6',
      deadline: {
        relation: 'WITHIN',
        duration: 'P5D',
        isBusinessTime: false,
        dayOfWeek: null,
        timeOfDay: null,
      },
      threshold: null,
    },
    {
      id: 'rule-2',
      span: span(100),
      kind: 'THRESHOLD',
      description: 'above 5,000 EUR the team lead approves',
      activityId: 'activity-4',
      deadline: null,
      threshold: { amount: 5_000, currency: 'EUR', unit: null, comparison: 'ABOVE' },
    },
  ],
  exceptions: [
    {
      id: 'exception-1',
      span: span(320),
      description: 'if a receipt is missing, the customer is asked for it',
      activityId: null,
    },
  ],
  openQuestions: [
    {
      id: 'question-1',
      span: span(320),
      question: 'Who books the payout when SAP is down?',
      kind: 'OTHER',
      elementIds: ['activity-5'],
    },
  ],
};

/** Breaks out of string literals, comments, templates, markdown, XML, JSON, lines and folders, where it can. */
export const HOSTILE_TEXT =
  '"; process.exit(1); // \' ` ${process.exit(1)} */ \\ \n\r\n\u2028\u2029\u0000\u001b[31m\u202e\ufeff\ud800 ' +
  '../../etc/passwd </script><!-- ]]> &lt; <a href="x"> %s {{x}} | # __proto__ constructor C:\\con \uffff';

const HOSTILE_PROPERTIES: JsonObject = Object.fromEntries<JsonObject>([
  ['__proto__', { type: 'string' }],
  ['constructor', { type: 'string', description: HOSTILE_TEXT }],
  ['class', { type: 'boolean' }],
  [HOSTILE_TEXT, { type: 'string', enum: [HOSTILE_TEXT, '`${x}`', "'"] }],
  ['with-dash', { type: ['integer', 'null'], minimum: -5, maximum: 1e21 }],
  [
    'nested',
    {
      type: 'object',
      properties: { toString: { type: 'array', items: { $ref: HOSTILE_TEXT } } },
      required: ['toString'],
    },
  ],
  [
    'choice',
    { oneOf: [{ const: HOSTILE_TEXT }, { type: 'object', additionalProperties: { type: 'number' } }, false] },
  ],
  ['open', {}],
]);

const HOSTILE_SCHEMA: JsonObject = {
  type: 'object',
  properties: HOSTILE_PROPERTIES,
  required: ['__proto__', 'class', HOSTILE_TEXT],
};

/** Not valid (validateDefinition says so), and still only ever data in what is generated from it. */
export const HOSTILE_DEFINITION: AgentDefinition = {
  instructions: HOSTILE_TEXT,
  model: { provider: HOSTILE_TEXT, name: HOSTILE_TEXT, temperature: 1, maxOutputTokens: 5 },
  tools: [
    HOSTILE_TEXT,
    '../../escape',
    'index',
    'con',
    '__proto__',
    'delete',
    'a_b',
    'aB',
    'A_B',
    'a_b',
    '',
  ].map((name, index) => ({
    name,
    description: HOSTILE_TEXT,
    inputSchema: HOSTILE_SCHEMA,
    outputSchema: index % 2 === 0 ? HOSTILE_SCHEMA : null,
    integrationKind: index % 3 === 0 ? 'JIRA' : null,
    requiresApproval: index % 2 === 0,
  })),
  skills: [
    {
      id: HOSTILE_TEXT,
      name: HOSTILE_TEXT,
      description: HOSTILE_TEXT,
      tags: [HOSTILE_TEXT],
      examples: [HOSTILE_TEXT],
    },
  ],
  guardrails: [{ id: HOSTILE_TEXT, kind: 'PROHIBITION', description: HOSTILE_TEXT }],
  inputModes: [HOSTILE_TEXT],
  outputModes: [HOSTILE_TEXT],
  settings: { maxTurns: '1; process.exit(1)', toolTimeoutMs: -1, [HOSTILE_TEXT]: HOSTILE_TEXT },
};

/** Every name and id is hostile; ids repeat, references dangle and flows form a cycle. */
export const HOSTILE_MODEL: ProcessModel = {
  ...EMPTY_MODEL,
  actors: ['PERSON', 'SYSTEM'].map((kind) => ({
    id: HOSTILE_TEXT,
    span: span(0),
    name: HOSTILE_TEXT,
    kind: kind === 'SYSTEM' ? 'SYSTEM' : 'PERSON',
  })),
  activities: [
    sampleActivity(0, {
      id: 'a',
      verb: HOSTILE_TEXT,
      object: HOSTILE_TEXT,
      kind: 'DECISION',
      actorId: HOSTILE_TEXT,
      systemIds: ['s'],
      inputIds: ['__proto__'],
    }),
    sampleActivity(0, {
      id: '__proto__',
      verb: '',
      object: '',
      actorId: 'nobody',
      systemIds: ['s', 'gone'],
      outputIds: ['__proto__', 'gone'],
    }),
  ],
  gateways: [
    { id: 'g', span: span(0), kind: 'AND', conditions: [HOSTILE_TEXT, ''], defaultFlowId: HOSTILE_TEXT },
  ],
  flows: [
    sampleFlow(1, 'a', '__proto__', HOSTILE_TEXT),
    sampleFlow(1, '__proto__', 'g'),
    sampleFlow(2, 'g', 'a'),
    sampleFlow(3, 'g', 'gone'),
    sampleFlow(4, 'a', 'a'),
  ],
  dataObjects: [{ id: '__proto__', span: span(0), name: '__proto__' }],
  systems: [sampleSystem('s', HOSTILE_TEXT, 'JIRA')],
  triggers: [
    { id: 't', span: span(0), kind: 'MANUAL', description: HOSTILE_TEXT, timer: null, activityId: 'gone' },
  ],
  rules: [
    {
      id: 'r',
      span: span(0),
      kind: 'PROHIBITION',
      description: HOSTILE_TEXT,
      activityId: 'gone',
      deadline: null,
      threshold: null,
    },
  ],
  exceptions: [{ id: 'e', span: span(0), description: HOSTILE_TEXT, activityId: '__proto__' }],
  openQuestions: [
    { id: 'q', span: span(0), question: HOSTILE_TEXT, kind: 'OTHER', elementIds: [HOSTILE_TEXT] },
  ],
};
