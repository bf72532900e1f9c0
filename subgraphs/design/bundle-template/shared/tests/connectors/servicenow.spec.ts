/** ServiceNow's connector against a server that answers as ServiceNow does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createItem, searchItems } from '../../src/connectors/servicenow.ts';
import { startFakeSystem } from '../support/fake-system.ts';

const signal = AbortSignal.timeout(30_000);

test('a record is created in the table', async () => {
  await using system = await startFakeSystem();

  const { key, title } = await createItem({ title: 'A title', text: 'A text' }, signal);

  assert.deepEqual([key, title], ['INC7', 'A title']);
  assert.deepEqual(system.requests[0]?.body, { short_description: 'A title', description: 'A text' });
});

test('a search has one condition, whatever is searched for', async () => {
  await using system = await startFakeSystem();

  const [item] = await searchItems('lost^ORactive=false', signal);

  assert.equal(item?.key, 'INC7');
  assert.equal(system.requests[0]?.search.get('sysparm_query'), 'short_descriptionLIKElost ORactive=false');
});

test('without its configuration it says what is missing', async () => {
  await assert.rejects(searchItems('x', signal), /SERVICENOW_USER is not set/);
});
