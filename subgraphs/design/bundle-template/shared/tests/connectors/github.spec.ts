/** GitHub's connector against a server that answers as GitHub does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createItem, searchItems } from '../../src/connectors/github.ts';
import { startFakeSystem } from '../support/fake-system.ts';

const signal = AbortSignal.timeout(30_000);
const ITEM = { key: '#7', title: 'A title', url: 'https://example.com/7' };

test('an issue is created in the repository', async () => {
  await using system = await startFakeSystem();

  assert.deepEqual(await createItem({ title: 'A title', text: 'A text' }, signal), ITEM);
  const [request] = system.requests;
  assert.deepEqual(request?.body, { title: 'A title', body: 'A text' });
  assert.equal(request?.authorization, 'Bearer a token');
});

test('a search stays in the repository, whatever is searched for', async () => {
  await using system = await startFakeSystem();

  assert.deepEqual(await searchItems('lost" repo:other/secret', signal), [ITEM]);
  assert.equal(system.requests[0]?.search.get('q'), '"lost  repo:other/secret" repo:acme/support');
});

test('without its configuration it says what is missing', async () => {
  await assert.rejects(searchItems('x', signal), /GITHUB_REPOSITORY is not set/);
});
