import type { BreakerState } from '@flowgrid/platform';
import { expect, test } from 'vitest';
import { until } from '../testkit/wait.ts';
import { SubgraphFailure, type FailureReason } from './fetch-failure.ts';
import { SubgraphGuard } from './subgraph-guard.ts';

const PROBE_MS = 20;

function createGuard(): { guard: SubgraphGuard; states: BreakerState[] } {
  const states: BreakerState[] = [];
  const guard = new SubgraphGuard({ onStateChange: (state) => states.push(state), firstProbeMs: PROBE_MS });
  return { guard, states };
}

const failing = (reason: FailureReason) => (): Promise<never> =>
  Promise.reject(new SubgraphFailure(reason, 'for the test'));

const reasonOf = async (run: Promise<unknown>): Promise<FailureReason | null> => {
  try {
    await run;
    return null;
  } catch (error) {
    return error instanceof SubgraphFailure ? error.reason : null;
  }
};

async function fail(guard: SubgraphGuard, reason: FailureReason, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) await reasonOf(guard.run(failing(reason)));
}

test.each(['unreachable', 'timeout', 'status'] as const)(
  'five calls in a row that end with %s open the breaker: nothing is sent',
  async (reason) => {
    const { guard, states } = createGuard();
    let sent = 0;

    await fail(guard, reason, 4);
    await guard.run(() => Promise.resolve());
    await fail(guard, reason, 5);
    const refused = await reasonOf(
      guard.run(() => {
        sent += 1;
        return Promise.resolve();
      }),
    );

    expect([refused, sent, states]).toEqual(['refused', 0, ['open']]);
  },
);

test.each(['abandoned', 'late', 'unusable'] as const)(
  'calls that end with %s say nothing about the subgraph',
  async (reason) => {
    const { guard, states } = createGuard();

    await fail(guard, reason, 50);

    expect(states).toEqual([]);
    expect(await guard.run(() => Promise.resolve('answer'))).toBe('answer');
  },
);

/** Runs the call as soon as the guard lets one through; what comes of it is for the caller to follow. */
function probe(guard: SubgraphGuard, call: () => Promise<unknown>): Promise<void> {
  let isSent = false;
  return until(async () => {
    const run = guard.run(() => {
      isSent = true;
      return call();
    });
    run.catch(() => undefined);
    await Promise.resolve();
    return isSent;
  }, 'a call is let through');
}

test('one call finds out whether the subgraph is back; the others do not wait for it', async () => {
  const { guard, states } = createGuard();
  const answer = Promise.withResolvers<string>();
  await fail(guard, 'unreachable', 5);

  await probe(guard, () => answer.promise);
  const meanwhile = await reasonOf(guard.run(() => Promise.resolve()));
  answer.resolve('back');
  await until(() => states.at(-1) === 'closed', 'the breaker is closed');

  expect([meanwhile, states]).toEqual(['refused', ['open', 'half-open', 'closed']]);
  expect(await guard.run(() => Promise.resolve('as before'))).toBe('as before');
});

// A client that goes away while its call probes would otherwise send everybody to a subgraph that hangs.
test('a probe that is given up does not close the breaker', async () => {
  const { guard, states } = createGuard();
  await fail(guard, 'timeout', 5);

  await probe(guard, failing('abandoned'));
  await until(() => states.length === 3, 'the probe is over');

  expect(states).toEqual(['open', 'half-open', 'open']);
});

test('a subgraph gets 256 calls at a time, and not one more', async () => {
  const { guard, states } = createGuard();
  const held = Promise.withResolvers<string>();
  const running = Array.from({ length: 256 }, () => guard.run(() => held.promise));

  const refused = await reasonOf(guard.run(() => Promise.resolve()));
  held.resolve('answer');
  await Promise.all(running);

  expect([refused, states]).toEqual(['refused', []]);
  expect(await guard.run(() => Promise.resolve('next'))).toBe('next');
});

// Calls that wait are cheap for who sends them: one tenant could hold all of them, and everybody else was refused.
test('a part of the calls is left to other tenants, however many one of them makes', async () => {
  const { guard } = createGuard();
  const held = Promise.withResolvers<string>();
  const calls = Array.from({ length: 256 }, () => reasonOf(guard.run(() => held.promise, 'acme')));

  const other = await guard.run(() => Promise.resolve('answer'), 'globex');
  held.resolve('answer');
  const reasons = await Promise.all(calls);

  expect(other).toBe('answer');
  expect(reasons.filter((reason) => reason === null)).toHaveLength(192);
  expect(reasons.filter((reason) => reason === 'refused')).toHaveLength(64);
  expect(await guard.run(() => Promise.resolve('next'), 'acme')).toBe('next');
});
