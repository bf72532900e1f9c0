import { expect, test } from 'vitest';
import { CLAIM_MODEL, CLAIM_TEXT, CLAIM_TITLE } from '../../definition/samples.ts';
import { proposeAgents } from '../../proposal/propose-agents.ts';
import { drawModel } from '../drawing/draw-model.ts';
import { writeExchange } from '../exchange/write-exchange.ts';
import { nameOf } from '../language/archimate-model.ts';
import type { ArchimateElement, ArchimateModel } from '../language/archimate-model.ts';
import { readArchimate } from '../read-archimate.ts';
import { schemaFaults } from '../testkit/schema-faults.ts';
import { compareModels } from './compare-models.ts';

const proposal = proposeAgents({
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
const drawn = await drawModel({ ...proposal, name: 'Claims', processModel: CLAIM_MODEL });
const [agent] = proposal.agents;

const element = (id: string, type: ArchimateElement['type'], name: string): ArchimateElement => ({
  id,
  type,
  names: [{ language: null, text: name }],
  documentation: [],
  properties: [],
  extensions: [],
});

const imported: ArchimateModel = {
  ...drawn,
  id: 'id-landscape',
  elements: [
    element('id-1', 'ApplicationComponent', 'JIRA'),
    element('id-2', 'BusinessRole', ' Team   Lead '),
    element('id-3', 'ApplicationComponent', 'Claims robot'),
    element('id-4', 'BusinessActor', 'Auditor'),
  ],
  relationships: [],
  organizations: [],
  propertyDefinitions: [],
  views: [],
};

const allOf = (delta: ReturnType<typeof compareModels>): readonly string[] => [
  ...delta.changedElements.map(({ element: { id }, matchedBy }) => `${id} ${matchedBy}`),
  ...delta.unchangedElements.map(({ id }) => id),
];

test('elements of the same type and name are the same, whatever their case and spaces', () => {
  const delta = compareModels(imported, drawn, []);

  expect(allOf(delta)).toEqual(['id-1 NAME', 'id-2']);
  expect(delta.addedElements).toHaveLength(drawn.elements.length - 2);
  expect(delta.leftElementCount).toBe(2);
});

test('a linked element is the agent, whatever it is called, and takes its name', () => {
  const delta = compareModels(imported, drawn, [{ elementId: 'id-3', agentKey: agent?.key ?? '' }]);

  const change = delta.changedElements.find(({ element: { id } }) => id === 'id-3');
  expect(change).toMatchObject({
    matchedBy: 'LINK',
    changes: [
      { field: 'name', before: 'Claims robot', after: agent?.name },
      { field: 'documentation', before: null },
      { field: 'kind', before: null, after: 'Agent' },
    ],
  });
});

test('what people documented stays', () => {
  const documented = imported.elements.map((one) => ({
    ...one,
    documentation: [{ language: 'en', text: 'By hand.' }],
  }));

  const { merged, changedElements } = compareModels({ ...imported, elements: documented }, drawn, []);

  expect(changedElements.flatMap(({ changes }) => changes.map(({ field }) => field))).not.toContain(
    'documentation',
  );
  expect(merged.elements.slice(0, 4).map(({ documentation }) => documentation[0]?.text)).toEqual(
    documented.map(() => 'By hand.'),
  );
});

test('the merged model has everything of both, is valid, and a second merge adds nothing', () => {
  const { merged, addedRelationships } = compareModels(imported, drawn, []);
  const xml = writeExchange(merged);

  const again = compareModels(merged, drawn, []);

  expect(schemaFaults(xml)).toEqual([]);
  expect(readArchimate(xml).model).toEqual(merged);
  expect(merged.elements.map(nameOf)).toEqual(expect.arrayContaining(['Auditor', 'Claims: process']));
  expect(addedRelationships).toHaveLength(drawn.relationships.length);
  expect([again.addedElements, again.changedElements, again.addedRelationships]).toEqual([[], [], []]);
  expect(again.keptRelationshipCount).toBe(drawn.relationships.length);
});

test('ids that the imported model has used for something else are not used again', () => {
  const [first] = drawn.elements;
  const clash = { ...imported, elements: [element(first?.id ?? '', 'Goal', 'Something else')] };

  const { merged } = compareModels(clash, drawn, []);

  expect(
    readArchimate(writeExchange(merged)).findings.filter(({ severity }) => severity === 'ERROR'),
  ).toEqual([]);
  expect(merged.elements).toHaveLength(drawn.elements.length + 1);
});
