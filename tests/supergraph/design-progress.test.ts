import { expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { dataOf } from '../testkit/graphql.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import { subscribe } from '../testkit/subscription.ts';
import { createAgent, eventsOf, follow, startDesign, waitForState, type ProgressEvent } from './designs.ts';

const platform = sharedPlatform();

const CANCEL = 'mutation($id: ID!) { cancelDesign(input: { sessionId: $id }) { session { state } } }';
const APPROVE = 'mutation($id: ID!) { approveProcessModel(input: { sessionId: $id }) { session { state } } }';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_value, index) => from + index);
const sequencesOf = (events: readonly ProgressEvent[]): number[] => events.map(({ sequence }) => sequence);

test('a subscription on a redesign crosses three subgraphs, event by event, and completes', async () => {
  const tenant = await platform.createTenant();
  const agent = await createAgent(tenant, 'Claims handler');
  const editor = tenant.users.EDITOR;
  const id = await startDesign(tenant, { agentId: agent.id });
  await using following = follow(id, { token: editor.accessToken });

  const end = await following.ended;

  expect(end).toBe('completed');
  const events = eventsOf(following);
  expect(sequencesOf(events)).toEqual(range(1, events.length));
  const percents = events.map(({ percent }) => percent);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
  expect(new Set(events.map(({ phase }) => phase))).toEqual(
    new Set(['CONTEXT', 'ANALYSIS', 'DESIGN', 'VALIDATION', 'CODE', 'MODEL', 'DONE']),
  );
  expect(events.at(-1)).toMatchObject({ phase: 'DONE', state: 'SUCCEEDED', percent: 100 });
  const session = {
    id,
    agent: {
      id: agent.id,
      name: 'Claims handler',
      owner: { id: editor.id, name: `EDITOR of ${tenant.slug}` },
    },
    createdBy: { name: `EDITOR of ${tenant.slug}` },
  };
  expect(events.map((event) => event.session)).toEqual(events.map(() => session));
});

test('who comes late gets every event, `after` is exclusive, and two subscribers see the same', async () => {
  const tenant = await platform.createTenant();
  const id = await startDesign(tenant);
  const token = tenant.users.VIEWER.accessToken;
  await using live = follow(id, { token });
  await live.ended;

  await using late = follow(id, { token });
  await using tail = follow(id, { token, after: 3 });
  await using none = follow(id, { token, after: 10_000 });
  const ends = await Promise.all([late.ended, tail.ended, none.ended]);

  const events = eventsOf(live);
  expect(ends).toEqual(['completed', 'completed', 'completed']);
  expect(eventsOf(late)).toEqual(events);
  expect(eventsOf(tail)).toEqual(events.slice(3));
  expect(eventsOf(none)).toEqual([]);
});

test('a session that waits for review stays open, and goes on after approval', async () => {
  const tenant = await platform.createTenant();
  const id = await startDesign(tenant, { reviewProcess: true });
  await using following = follow(id, { token: tenant.users.EDITOR.accessToken });
  let hasEnded = false;
  void following.ended.then(() => (hasEnded = true));
  await following.next<{ designProgress: ProgressEvent }>(
    'the review',
    ({ designProgress }) => designProgress.state === 'AWAITING_REVIEW',
  );
  await waitForState(tenant, id, 'AWAITING_REVIEW');
  const endedInReview = hasEnded;

  await tenant.get(APPROVE, { id });
  const end = await following.ended;

  expect([endedInReview, end]).toEqual([false, 'completed']);
  const events = eventsOf(following);
  expect(sequencesOf(events)).toEqual(range(1, events.length));
  const states = events.map(({ state }) => state);
  expect(states.indexOf('AWAITING_REVIEW')).toBeLessThan(states.lastIndexOf('RUNNING'));
  expect(states.at(-1)).toBe('SUCCEEDED');
});

test('a cancelled session completes its subscriptions', async () => {
  const tenant = await platform.createTenant();
  const id = await startDesign(tenant, { reviewProcess: true });
  await using following = follow(id, { token: tenant.users.EDITOR.accessToken });
  await waitForState(tenant, id, 'AWAITING_REVIEW');

  await tenant.get(CANCEL, { id });

  expect(await following.ended).toBe('completed');
  const events = eventsOf(following);
  expect(sequencesOf(events)).toEqual(range(1, events.length));
  expect(events.at(-1)).toMatchObject({ state: 'CANCELLED' });
});

// Attack: following another tenant's session. The answer is that of a session which does not exist.
test('a foreign session and an unknown one are not found, in the same words', async () => {
  const owner = await platform.createTenant();
  const stranger = await platform.createTenant();
  const foreign = await startDesign(owner);
  const token = stranger.users.OWNER.accessToken;

  const ends = await Promise.all(
    [foreign, newId(), 'no-id'].map(async (id) => {
      await using following = follow(id, { token });
      return { end: await following.ended, events: following.events };
    }),
  );

  const refusal = {
    end: 'completed',
    events: [
      {
        data: { designProgress: null },
        errors: [
          {
            message: 'Design session not found.',
            path: ['designProgress'],
            extensions: { code: 'NOT_FOUND' },
          },
        ],
      },
    ],
  };
  expect(ends).toEqual([refusal, refusal, refusal]);
});

// Attack: a socket without sign-in, or with somebody's guess at a token.
test.each([
  ['no token', undefined],
  ['a made-up token', 'made.up.token'],
])('a socket with %s is refused', async (_name, token) => {
  const tenant = await platform.createTenant();
  const id = await startDesign(tenant);

  await using following = follow(id, { token });

  expect(await following.ended).toEqual({ code: 4403, reason: 'Forbidden' });
  expect(following.events).toEqual([]);
});

test('a subscription over plain HTTP is refused with a reason', async () => {
  const tenant = await platform.createTenant();

  const answer = await tenant.ask('EDITOR', 'subscription { designProgress(sessionId: "x") { sequence } }');

  expect(answer.data).toBeNull();
  expect(answer.errors).toHaveLength(1);
  expect(answer.errors[0]?.extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
});

test('queries and mutations run on a socket as well', async () => {
  const tenant = await platform.createTenant();

  await using query = subscribe(
    { query: '{ viewer { tenant { slug } } }' },
    { url: platform.graphqlUrl, token: tenant.users.VIEWER.accessToken },
  );

  expect(await query.ended).toBe('completed');
  expect(query.events).toEqual([{ data: { viewer: { tenant: { slug: tenant.slug } } } }]);
  expect(dataOf(await tenant.ask('VIEWER', '{ viewer { tenant { slug } } }'))).toEqual(query.events[0]?.data);
});
