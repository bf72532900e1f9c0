import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { OutsidePolicies } from './outside-policies.ts';
import { OutsidePolicy, PolicyRefusal, type PolicyOptions } from './outside-policy.ts';

class Failure extends Error {
  readonly status: number;
  constructor(status: number) {
    super(String(status));
    this.status = status;
  }
}

const lines: string[] = [];
const logger = createLogger({ name: 'test', level: 'info', write: (line) => lines.push(line) });

const OPTIONS: PolicyOptions = {
  name: 'vendor',
  logger,
  classify: (error) => {
    if (!(error instanceof Failure) || error.status >= 500) return 'outage';
    return error.status === 429 ? 'busy' : 'answered';
  },
  totalTimeoutMs: 10_000,
  tryTimeoutMs: 1_000,
  retries: 2,
  random: () => 1,
};

beforeEach(() => {
  lines.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Answers one after the other by the statuses given, the last one for ever. */
function system(...statuses: readonly number[]): { call: () => Promise<string>; calls: number } {
  const self = {
    calls: 0,
    call: async () => {
      const status = statuses[Math.min(self.calls, statuses.length - 1)] ?? 200;
      self.calls += 1;
      if (status !== 200) throw new Failure(status);
      return 'ok';
    },
  };
  return self;
}

/** Lets time pass until the promise has settled. */
async function settle<Result>(promise: Promise<Result>): Promise<Result | Error> {
  const settled = promise.catch((error: unknown) => error as Error);
  await vi.runAllTimersAsync();
  return settled;
}

const once = { isRepeatable: false };
const again = { isRepeatable: true };

describe('retries', () => {
  test.each([
    ['an outage is tried again', 503, 200, 2],
    ['too many requests are tried again', 429, 200, 2],
    ['a refusal is an answer', 404, 404, 1],
  ])('%s', async (_name, first, last, calls) => {
    const vendor = system(first, last);

    const result = await settle(new OutsidePolicy(OPTIONS).run(vendor.call, again));

    expect(result).toEqual(last === 200 ? 'ok' : new Failure(404));
    expect(vendor.calls).toBe(calls);
  });

  test('end after the tries there are, with what the last one threw', async () => {
    const vendor = system(500, 502, 503);

    const result = await settle(new OutsidePolicy(OPTIONS).run(vendor.call, again));

    expect(result).toEqual(new Failure(503));
    expect(vendor.calls).toBe(3);
  });

  // A repeated payment, comment or agent is worse than an error.
  test('are not made of what may not be repeated', async () => {
    const vendor = system(503);

    await settle(new OutsidePolicy(OPTIONS).run(vendor.call, once));

    expect(vendor.calls).toBe(1);
  });

  test('wait longer each time, and as long as the other side asks', async () => {
    const startedAt = Date.now();
    const times: number[] = [];
    const call = async (): Promise<never> => {
      times.push(Date.now() - startedAt);
      throw new Failure(times.length === 2 ? 429 : 503);
    };
    const retryAfterMs = (error: unknown): number | null =>
      error instanceof Failure && error.status === 429 ? 3_000 : null;

    await settle(new OutsidePolicy({ ...OPTIONS, retryAfterMs }).run(call, again));

    expect(times).toEqual([0, 250, 3_250]);
  });

  test('are not made when the other side asks to wait for longer than the call may', async () => {
    const vendor = system(429);

    const result = await settle(
      new OutsidePolicy({ ...OPTIONS, retryAfterMs: () => 60_000 }).run(vendor.call, again),
    );

    expect([result, vendor.calls]).toEqual([new Failure(429), 1]);
  });

  test('wait anywhere between nothing and the longest wait', async () => {
    const startedAt = Date.now();
    const times: number[] = [];
    const call = async (): Promise<never> => {
      times.push(Date.now() - startedAt);
      throw new Failure(503);
    };

    await settle(new OutsidePolicy({ ...OPTIONS, random: () => 0 }).run(call, again));

    expect(times).toEqual([0, 0, 0]);
  });

  // Retries of everybody multiply the load of a service that fails because of its load.
  test('are few for many calls that fail', async () => {
    const vendor = system(503);
    const policy = new OutsidePolicy({ ...OPTIONS, opensAfter: 10_000, atOnce: 1_000 });

    await settle(Promise.allSettled(Array.from({ length: 200 }, () => policy.run(vendor.call, again))));

    expect(vendor.calls).toBeGreaterThan(200);
    expect(vendor.calls).toBeLessThanOrEqual(200 + 10 + 20);
  });
});

describe('timeouts', () => {
  const hanging = (signals: AbortSignal[]) => (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<never>(() => undefined);
  };

  test('end a try that hangs, and start another one', async () => {
    const signals: AbortSignal[] = [];

    const result = await settle(new OutsidePolicy(OPTIONS).run(hanging(signals), again));

    expect(result).toMatchObject({ name: 'PolicyRefusal', reason: 'TIMEOUT' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });

  test('end the whole, whatever is left of its tries', async () => {
    const startedAt = Date.now();
    const result = new OutsidePolicy({ ...OPTIONS, totalTimeoutMs: 1_500 })
      .run(hanging([]), again)
      .catch((error: unknown) => [error, Date.now() - startedAt]);

    await vi.runAllTimersAsync();

    expect(await result).toEqual([new PolicyRefusal('vendor', 'TIMEOUT'), 1_500]);
  });

  test('give way to the signal of the caller, which says nothing of the other side', async () => {
    const policy = new OutsidePolicy({ ...OPTIONS, opensAfter: 1 });
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const running = policy.run(hanging(signals), { ...again, signal: controller.signal });

    controller.abort(new Error('gone'));

    expect(await settle(running)).toEqual(new Error('gone'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(policy.state).toBe('closed');
  });
});

describe('the breaker', () => {
  test('opens after failures in a row, lets one through later, and closes with an answer', async () => {
    const vendor = system(500, 500, 500, 200);
    const policy = new OutsidePolicy({ ...OPTIONS, opensAfter: 3 });
    for (let call = 0; call < 3; call += 1) await settle(policy.run(vendor.call, once));

    const refused = await settle(policy.run(vendor.call, again));

    expect(refused).toEqual(new PolicyRefusal('vendor', 'OPEN'));
    expect([policy.state, vendor.calls]).toEqual(['open', 3]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await settle(policy.run(vendor.call, once))).toBe('ok');
    expect(policy.state).toBe('closed');
  });

  test('says once that it opened, however often it is tried out, and once that it closed', async () => {
    const vendor = system(500, 500, 500, 500, 200);
    const policy = new OutsidePolicy({ ...OPTIONS, opensAfter: 2 });
    for (let call = 0; call < 5; call += 1) {
      await settle(policy.run(vendor.call, once));
      await vi.advanceTimersByTimeAsync(10_000);
    }

    expect(lines.map((line) => JSON.parse(line).msg.split(':')[0])).toEqual([
      'a breaker opened',
      'a breaker closed',
    ]);
  });

  test('does not mind refusals: the other side is there', async () => {
    const vendor = system(500, 500, 404, 500, 500, 200);
    const policy = new OutsidePolicy({ ...OPTIONS, opensAfter: 3 });

    for (let call = 0; call < 6; call += 1) await settle(policy.run(vendor.call, once));

    expect([policy.state, vendor.calls]).toEqual(['closed', 6]);
  });

  test('stays open when the caller of the trial leaves', async () => {
    const policy = new OutsidePolicy({ ...OPTIONS, opensAfter: 1 });
    await settle(policy.run(system(500).call, once));
    await vi.advanceTimersByTimeAsync(10_000);
    const controller = new AbortController();
    const trial = policy.run(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      { ...once, signal: controller.signal },
    );

    controller.abort(new Error('gone'));
    await settle(trial);

    expect(policy.state).toBe('open');
  });

  test('opens by the share of failures, too', async () => {
    const policy = new OutsidePolicy({ ...OPTIONS, opensAfter: { share: 0.5, withinMs: 5_000 } });
    const vendor = system(...Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? 200 : 500)));

    for (let call = 0; call < 40; call += 1) {
      await settle(policy.run(vendor.call, once));
      await vi.advanceTimersByTimeAsync(200);
    }

    expect(vendor.calls).toBeLessThan(40);
  });
});

test('no more calls are under way than allowed, and no more wait', async () => {
  const policy = new OutsidePolicy({ ...OPTIONS, atOnce: 2, queued: 1 });
  const gate = Promise.withResolvers<string>();
  let underWay = 0;
  const call = (): Promise<string> => {
    underWay += 1;
    return gate.promise;
  };
  const running = [1, 2, 3].map(() => policy.run(call, once));

  const refused = await policy.run(call, once).catch((error: unknown) => error);

  expect(refused).toEqual(new PolicyRefusal('vendor', 'FULL'));
  expect(underWay).toBe(2);
  gate.resolve('ok');
  expect(await Promise.all(running)).toEqual(['ok', 'ok', 'ok']);
  expect(underWay).toBe(3);
});

test('what fails by itself has a breaker of its own, counted by system', async () => {
  const metrics = createMetrics('test');
  const policies = new OutsidePolicies({ logger, metrics });
  const options = { ...OPTIONS, opensAfter: 1 };

  await settle(policies.get(options, 'acme').run(system(500).call, once));
  const other = await settle(policies.get(options, 'globex').run(system(200).call, once));

  expect(other).toBe('ok');
  expect(policies.get(options, 'acme')).toBe(policies.get(options, 'acme'));
  const text = await metrics.metrics();
  expect(text).toContain('breaker_state{name="vendor",state="open",service="test"} 1');
  expect(text).toContain('breaker_state{name="vendor",state="closed",service="test"} 1');
  expect(text).toContain('breaker_state{name="vendor",state="half-open",service="test"} 0');
});
