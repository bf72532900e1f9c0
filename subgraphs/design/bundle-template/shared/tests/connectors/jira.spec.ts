/** Jira's connector against a server that answers as Jira does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createItem, searchItems } from '../../src/connectors/jira.ts';
import { startFakeSystem } from '../support/fake-system.ts';

const signal = AbortSignal.timeout(30_000);

test('an issue is created in the project', async () => {
  await using system = await startFakeSystem();

  const { key, title } = await createItem({ title: 'A title', text: 'One\nTwo' }, signal);

  assert.deepEqual([key, title], ['OPS-7', 'A title']);
  const [request] = system.requests;
  assert.equal(
    request?.authorization,
    `Basic ${Buffer.from('agent@example.com:a token').toString('base64')}`,
  );
  assert.match(
    JSON.stringify(request.body),
    /"project":\{"key":"OPS"\}.*"summary":"A title".*"text":"One".*"text":"Two"/,
  );
});

test('a search stays in the project, whatever is searched for', async () => {
  await using system = await startFakeSystem();

  const items = await searchItems('lost" OR project = "SECRET', signal);

  assert.deepEqual(
    items.map(({ key }) => key),
    ['OPS-7'],
  );
  assert.match(JSON.stringify(system.requests[0]?.body), /text ~ \\"lost {2}OR project = {2}SECRET\\"/);
});

test('without its configuration it says what is missing', async () => {
  await assert.rejects(searchItems('x', signal), /JIRA_EMAIL is not set/);
});
