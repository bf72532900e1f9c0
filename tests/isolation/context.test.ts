/** What one tenant names as context of a design, asked for by another. */
import { beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { postGraphQL } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { subscribe } from '../testkit/subscription.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import { MARKER, createAgent, createIntegration, unknownIds, uploadFile, type Ids } from './tenant-data.ts';

const platform = sharedPlatform();
const START = `mutation ($input: StartDesignInput!) {
  startDesign(input: $input) { session { id sourceText } errors { code message path } } }`;
const FOLLOW = `subscription ($id: ID!) { designProgress(sessionId: $id) { sequence phase state message } }`;

type Named = Pick<Ids, 'agent' | 'integration' | 'upload'>;

let foreign: Named;

beforeAll(async () => {
  const owner = await platform.createTenant();
  const agent = await createAgent(owner);
  foreign = {
    agent: agent.id,
    integration: await createIntegration(owner, agent.id),
    upload: await uploadFile(owner, platform.routerUrl),
  };
});

async function start(tenant: TestTenant, context: object, id = newId()): Promise<string> {
  const input = { id, title: 'Mine', description: 'The clerk pays the claim.', context };
  const { accessToken } = tenant.users.EDITOR;
  return JSON.stringify(
    await postGraphQL(platform.graphqlUrl, { query: START, variables: { input } }, accessToken),
  );
}

// Attack: having another tenant's file read into a design of one's own.
test('a file of another tenant is refused like one that does not exist', async () => {
  const stranger = await platform.createTenant();

  const toForeign = await start(stranger, { fileIds: [foreign.upload] });
  const toUnknown = await start(stranger, { fileIds: [unknownIds().upload] });

  expect(toForeign).toBe(toUnknown);
  expect(toForeign).toContain('"path":["context","fileIds","0"]');
});

// Attack: the same with an agent, and with a ticket that another tenant's credential opens.
test.each([
  ['an agent', (ids: Named) => ({ agentIds: [ids.agent] })],
  ['a ticket', (ids: Named) => ({ items: [{ integrationId: ids.integration, key: 'acme/claims#1' }] })],
])('%s of another tenant ends the design like one that does not exist', async (_what, contextOf) => {
  const runWith = async (ids: Named): Promise<string> => {
    const tenant = await platform.createTenant();
    const id = newId();
    await start(tenant, contextOf(ids), id);
    await using progress = subscribe(
      { query: FOLLOW, variables: { id } },
      { url: platform.graphqlUrl, token: tenant.users.EDITOR.accessToken },
    );
    await progress.ended;
    return JSON.stringify(progress.events).replaceAll(ids.agent, '<agent>').replaceAll(id, '<session>');
  };

  const toForeign = await runWith(foreign);

  expect(toForeign).toBe(await runWith(unknownIds()));
  expect(toForeign).toContain('"state":"FAILED"');
  expect(toForeign).not.toContain(MARKER);
});
