import { beforeAll, describe, expect, test } from 'vitest';
import {
  CLAIM_MODEL,
  CLAIM_TEXT,
  CLAIM_TITLE,
  EMPTY_MODEL,
  HOSTILE_DEFINITION,
  HOSTILE_MODEL,
  HOSTILE_TEXT,
} from '../../definition/samples.ts';
import { proposeAgents } from '../../proposal/propose-agents.ts';
import type { ProposedAgent } from '../../proposal/proposal.ts';
import { schemaFaults } from '../testkit/schema-faults.ts';
import { writeExchange } from '../exchange/write-exchange.ts';
import { allNodes, nameOf } from '../language/archimate-model.ts';
import type { ArchimateModel, ViewNode } from '../language/archimate-model.ts';
import { isAllowed } from '../language/relationship-matrix.ts';
import { readArchimate } from '../read-archimate.ts';
import type { DrawInput } from './draw-input.ts';
import { drawModel } from './draw-model.ts';

const PROPOSAL = proposeAgents({
  title: CLAIM_TITLE,
  sourceText: CLAIM_TEXT,
  processModel: CLAIM_MODEL,
  existingAgents: [],
  integrationKinds: ['JIRA'],
  model: { provider: 'anthropic', name: 'some-model' },
  base: null,
  previous: null,
  split: 'ONE',
  adjustments: [],
});

const [AGENT] = PROPOSAL.agents;
if (AGENT === undefined) throw new Error('the sample has an agent');

const CLAIMS: DrawInput = { ...PROPOSAL, name: 'Claims', processModel: CLAIM_MODEL };

/** Two agents that share the activities of the claim. */
const TEAM: DrawInput = {
  ...CLAIMS,
  agents: [
    { ...AGENT, key: 'intake', name: 'Intake', handsOffTo: ['payment'] },
    { ...AGENT, key: 'payment', name: 'Payment', handsOffTo: [] },
  ],
  automation: CLAIM_MODEL.activities.map(({ id }, index) => ({
    activityId: id,
    performer: index === 4 ? 'HUMAN' : 'AGENT',
    agentKey: index % 2 === 0 ? 'intake' : 'payment',
    reason: 'It says so.',
  })),
};

const hostileAgent = (key: string): ProposedAgent => ({
  key,
  name: HOSTILE_TEXT,
  summary: HOSTILE_TEXT,
  definition: HOSTILE_DEFINITION,
  handsOffTo: ['__proto__', 'nobody'],
});

const SAMPLES: readonly { sample: string; input: DrawInput }[] = [
  { sample: 'an ordinary design', input: CLAIMS },
  { sample: 'a team', input: TEAM },
  { sample: 'a design that nobody cut', input: { ...CLAIMS, automation: [], approvals: [] } },
  { sample: 'an empty process', input: { ...CLAIMS, name: '', processModel: EMPTY_MODEL, automation: [] } },
  { sample: 'an agent by itself', input: { ...CLAIMS, processModel: null, automation: [], approvals: [] } },
  {
    sample: 'hostile names',
    input: {
      name: HOSTILE_TEXT,
      processModel: HOSTILE_MODEL,
      agents: [hostileAgent('__proto__'), hostileAgent('constructor'), hostileAgent('a"><b>')],
      automation: [],
      approvals: [
        { activityId: null, agentKey: '__proto__', toolNames: [HOSTILE_TEXT], reason: HOSTILE_TEXT },
      ],
    },
  },
];

describe.each(SAMPLES)('the model of $sample', ({ input }) => {
  let model: ArchimateModel;

  beforeAll(async () => {
    model = await drawModel(input);
  });

  test('is an exchange file that reads as what was drawn, without a warning', () => {
    const xml = writeExchange(model);

    const reading = readArchimate(xml);

    expect(reading.model).toEqual(model);
    expect(reading.findings.filter(({ severity }) => severity !== 'INFO')).toEqual([]);
    expect(schemaFaults(xml)).toEqual([]);
    expect(xml).not.toMatch(/(?![\t\n])\p{Cc}|[\ufffe\uffff]/u);
  });

  test('has only relationships that the matrix of ArchiMate allows', () => {
    const { elements, relationships } = model;
    const types = new Map(elements.map(({ id, type }) => [id, type]));

    const invalid = relationships.filter(({ sourceId, targetId, type }) => {
      const source = types.get(sourceId);
      const target = types.get(targetId);
      return source === undefined || target === undefined || !isAllowed(source, type, target);
    });

    expect(relationships.length).toBeGreaterThan(0);
    expect(invalid).toEqual([]);
  });

  test('shows everything on its last view, and on no view a node over another', () => {
    const { elements, relationships, views } = model;
    const whole = views.at(-1);

    expect(allNodes(whole?.nodes ?? []).map(({ conceptId }) => conceptId)).toEqual(
      expect.arrayContaining(elements.map(({ id }) => id)),
    );
    expect(whole?.connections.map(({ relationshipId }) => relationshipId)).toEqual(
      relationships.map(({ id }) => id),
    );
    expect(views.flatMap(({ nodes }) => overlaps(nodes))).toEqual([]);
  });

  test('is the same every time', async () => {
    const again = await drawModel(structuredClone(input));

    expect(writeExchange(again)).toBe(writeExchange(model));
  });
});

/** Pairs of neighbours that cover each other, and nodes that stand out of what they lie in. */
function overlaps(nodes: readonly ViewNode[], outer?: ViewNode): readonly string[] {
  return nodes.flatMap((node, index) => [
    ...nodes
      .slice(index + 1)
      .filter(
        (other) =>
          node.x < other.x + other.width &&
          other.x < node.x + node.width &&
          node.y < other.y + other.height &&
          other.y < node.y + node.height,
      )
      .map((other) => `${node.id} over ${other.id}`),
    ...(outer !== undefined &&
    (node.x < outer.x ||
      node.y < outer.y ||
      node.x + node.width > outer.x + outer.width ||
      node.y + node.height > outer.y + outer.height)
      ? [`${node.id} out of ${outer.id}`]
      : []),
    ...overlaps(node.nodes, node),
  ]);
}

/** `Component Assignment ApplicationProcess`, as often as it is drawn. */
function triplesOf({ elements, relationships }: ArchimateModel): Readonly<Record<string, number>> {
  const types = new Map(elements.map(({ id, type }) => [id, type]));
  const counts: Record<string, number> = {};
  for (const { type, sourceId, targetId } of relationships) {
    const key = `${types.get(sourceId)} ${type} ${types.get(targetId)}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

test('a team is a collaboration of its agents, which hand work over', async () => {
  const model = await drawModel(TEAM);

  expect(triplesOf(model)).toMatchObject({
    'ApplicationCollaboration Aggregation ApplicationComponent': 2,
    'ApplicationComponent Assignment ApplicationProcess': 2,
    'ApplicationComponent Composition ApplicationInterface': 2,
    'ApplicationProcess Flow ApplicationProcess': 1,
    'Artifact Realization ApplicationComponent': 2,
    'SystemSoftware Serving ApplicationComponent': 2,
    'SystemSoftware Assignment Artifact': 1,
  });
});

test('what an agent does alone it realizes; what a person does it serves', async () => {
  const model = await drawModel(TEAM);
  const byId = new Map(model.elements.map((element) => [element.id, element]));
  const ends = (type: string, source: string, target: string): readonly string[] =>
    model.relationships
      .filter(
        (one) =>
          one.type === type &&
          byId.get(one.sourceId)?.type === source &&
          byId.get(one.targetId)?.type === target,
      )
      .map(({ targetId }) => nameOf(byId.get(targetId) ?? { names: [] }));
  const manual = model.elements.filter(({ properties }) =>
    properties.some(({ values }) => values[0]?.text === 'Manual'),
  );

  expect(manual).toHaveLength(1);
  expect(ends('Realization', 'ApplicationProcess', 'BusinessProcess')).toHaveLength(
    CLAIM_MODEL.activities.length - 1,
  );
  expect(ends('Serving', 'ApplicationService', 'BusinessProcess')).toContain(
    nameOf(manual[0] ?? { names: [] }),
  );
});

test('the process is drawn with its parts nested, its events and its information', async () => {
  const model = await drawModel(CLAIMS);
  const process = model.views[0];
  const [outer] = process?.nodes.filter(({ nodes }) => nodes.length > 0) ?? [];
  const counts: Record<string, number> = {};
  for (const { type } of model.elements) counts[type] = (counts[type] ?? 0) + 1;

  expect(model.views.map(nameOf)).toEqual([
    'Process',
    'Application cooperation',
    'Requirements and technology',
    'Whole',
  ]);
  expect(outer?.nodes.length).toBe(CLAIM_MODEL.activities.length + 2);
  expect(process?.connections.some(({ bendpoints }) => bendpoints.length > 0)).toBe(true);
  expect(counts).toMatchObject({
    ApplicationComponent: 3,
    ApplicationProcess: 1,
    BusinessObject: 3,
    BusinessProcess: CLAIM_MODEL.activities.length + 1,
    OrJunction: 2,
    SystemSoftware: 1,
  });
});
