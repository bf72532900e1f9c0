/** The model of an agent, from what the router brings along. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readArchimate } from '../../../../subgraphs/design/src/modules/archimate/read-archimate.ts';
import { openArchimateBench, requestOf } from './bench.ts';

let bench: Awaited<ReturnType<typeof openArchimateBench>>;

beforeAll(async () => {
  bench = await openArchimateBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const AGENT = {
  __typename: 'Agent',
  id: '0198',
  name: 'Claims </name><!-- robot',
  description: 'Handles claims.',
  draft: {
    number: 3,
    definition: {
      model: { provider: 'anthropic', name: 'some-model' },
      tools: [{ name: 'create_issue', description: 'Creates an issue.', integrationKind: 'JIRA' }],
      skills: [{ name: 'Handle claims', description: 'From the mail to the payment.' }],
      guardrails: [{ kind: 'APPROVAL', description: 'A person approves payments.' }],
    },
  },
  publishedVersion: null,
};

test('an agent is drawn with its service, its systems and what it must keep', async () => {
  const drawn = await bench.agents.draw(requestOf({ role: 'VIEWER' }), AGENT, 'DRAFT');

  const { model, findings, tool } = readArchimate(drawn?.xml ?? '');
  expect(drawn).toMatchObject({ version: 3, name: 'claims-name-robot-archimate.xml' });
  expect(tool).toBe('Flowgrid');
  expect(findings).toEqual([]);
  expect(model.names[0]?.text).toBe(AGENT.name);
  expect(model.elements.map(({ type, names }) => `${type} ${names[0]?.text}`)).toEqual(
    expect.arrayContaining([
      `ApplicationComponent ${AGENT.name}`,
      'ApplicationService Handle claims',
      'ApplicationService Jira service',
      'Requirement A person approves payments.',
    ]),
  );
});

test('a version that does not exist has no model', async () => {
  expect(await bench.agents.draw(requestOf(), AGENT, 'PUBLISHED')).toBeNull();
});
