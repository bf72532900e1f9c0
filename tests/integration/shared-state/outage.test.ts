/** Redis that goes away and comes back: nobody gets an error, nothing is allowed for longer than promised, the log says it once. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSharedState, type CacheSpace, type EpochKey, type SharedState } from '@flowgrid/shared-state';
import { findFreePort } from '../../../local/src/index.ts';
import { createTestDatabase } from '../../testkit/database.ts';
import { hasRedis, startRedis, type RedisServer } from '../../testkit/redis.ts';
import { startTcpProxy } from '../../testkit/tcp-proxy.ts';
import { until } from '../../testkit/wait.ts';

const space: CacheSpace<string> = { namespace: 'notes', scope: { tenantId: randomUUID() }, parse: String };
const ENTRY = { key: 'a', value: 'kept', ttlSeconds: 60 };

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

let lines: LogLine[];
const silent = pino({ level: 'silent' });

function createRecorder(): typeof silent {
  return pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) });
}

const messages = (): string[] => lines.map(({ msg }) => msg);
const AWAY = 'Redis is away: this process goes on by itself';
const BACK = 'Redis is back';

/** Follows, and notes what is told. */
function follow(state: SharedState, ...held: EpochKey[]): EpochKey[] {
  const heard: EpochKey[] = [];
  state.epochs.follow({ onRaised: (key) => heard.push(key), heldKeys: () => held });
  return heard;
}

/** Raises until it is heard: from then on, nothing is missed. */
async function untilFollowed(raiser: SharedState, heard: EpochKey[]): Promise<void> {
  await until('the follower listens', async () => {
    await raiser.epochs.raise('user:first');
    return heard.length > 0;
  });
  await raiser.epochs.raise('user:last');
  await until('all of it is heard', () => heard.includes('user:last'));
  heard.length = 0;
}

describe.runIf(hasRedis)('Redis', () => {
  let redis: RedisServer;
  let state: SharedState;
  let other: SharedState;

  beforeEach(async () => {
    lines = [];
    redis = await startRedis();
    state = openSharedState({ REDIS_URL: redis.url }, createRecorder());
    other = openSharedState({ REDIS_URL: redis.url }, silent);
    await state.cache.set(space, ENTRY);
  });
  afterEach(async () => {
    await Promise.all([state[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    await redis[Symbol.asyncDispose]();
  });

  const isBack = (): Promise<boolean> => state.cache.set(space, ENTRY);

  test('while it is away the cache misses and limits are counted by the process, without an error', async () => {
    const key = ['test', 'x'] as const;
    await redis.kill();

    const found = await Promise.all(Array.from({ length: 100 }, () => state.cache.get(space, 'a')));
    const isStored = await state.cache.set(space, ENTRY);
    await state.cache.delete(space, 'a');
    const decisions = await Promise.all(
      Array.from({ length: 100 }, () => state.rateLimits.take(key, { limit: 5, windowSeconds: 3600 })),
    );

    expect(new Set(found)).toEqual(new Set([undefined]));
    expect(isStored).toBe(false);
    expect(decisions.filter(({ isAllowed }) => isAllowed)).toHaveLength(5);
    expect(await state.epochs.read(['user:x'])).toEqual(new Map());
    expect(state.isAway).toBe(true);
    expect(messages()).toEqual([AWAY]);
  });

  test('when it is back it is used again, and the outage is two lines of the log', async () => {
    await redis.kill();
    await state.cache.get(space, 'a');

    await redis.start();
    await until('the cache stores again', isBack);

    expect(await other.cache.get(space, 'a').then((value) => value ?? state.cache.get(space, 'a'))).toBe(
      'kept',
    );
    expect(state.isAway).toBe(false);
    expect(messages()).toEqual([AWAY, BACK]);
  });

  // It accepts connections and never answers: each caller would wait for the whole timeout.
  test('a frozen Redis holds up only those who asked before it was known', async () => {
    redis.setFrozen(true);
    await Promise.all(Array.from({ length: 20 }, () => state.cache.get(space, 'a')));
    const from = performance.now();

    for (let index = 0; index < 200; index += 1)
      await state.rateLimits.take(['test', 'y'], { limit: 5, windowSeconds: 60 });

    // 200 timeouts would be 200 seconds.
    expect(performance.now() - from).toBeLessThan(20_000);
    redis.setFrozen(false);
    await until('it is used again', isBack);
    expect(messages()).toEqual([AWAY, BACK]);
  });

  test('a Redis that answers but takes no writes is away too', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');

    const isStored = await state.cache.set(space, ENTRY);
    const decision = await state.rateLimits.take(['test', 'z'], { limit: 5, windowSeconds: 60 });

    expect([isStored, decision.isAllowed]).toEqual([false, true]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await until('it is used again', isBack);
    expect(messages()).toEqual([AWAY, BACK]);
  });

  test('subscribers are told of the gap, and hear what comes after it', async () => {
    const received: string[] = [];
    let gaps = 0;
    await state.pubsub.subscribe('design-jobs', {
      onMessage: (job) => received.push(job),
      onGap: () => (gaps += 1),
    });

    await redis.kill();
    await expect(state.pubsub.publish('design-jobs', 'lost')).rejects.toThrow('Redis');
    await redis.start();
    await until('the gap is told', () => gaps === 1);
    await until('an announcement is heard', async () => {
      await other.pubsub.publish('design-jobs', 'after').catch(() => undefined);
      return received.length > 0;
    });

    expect(new Set(received)).toEqual(new Set(['after']));
    expect(gaps).toBe(1);
  });

  // The stampede: a router that drops all grants after a gap sends everyone at work to auth at the same moment.
  test('after an outage exactly those keys are told that were raised and not told of before', async () => {
    const heard = follow(state, 'user:before', 'user:during', 'user:never');
    await untilFollowed(other, heard);
    await other.epochs.raise('user:before');
    await until('the raise before is heard', () => heard.length === 1);

    await redis.kill();
    await other.epochs.raise('user:during');
    await redis.start();
    await until('the raise meanwhile is heard', () => heard.includes('user:during'));
    await until('a later raise is heard', async () => {
      await other.epochs.raise('user:after');
      return heard.includes('user:after');
    });

    expect(heard.filter((key) => key !== 'user:after')).toEqual(['user:before', 'user:during']);
  });

  test('what was raised while only the follower was cut off is told when it hears again', async () => {
    await using proxy = await startTcpProxy({ host: '127.0.0.1', port: redis.port });
    await using far = openSharedState({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` }, silent);
    const heard = follow(far, 'session:a', 'session:b');
    await untilFollowed(other, heard);

    proxy.setDown(true);
    await other.epochs.raise('session:b');
    await other.epochs.raise('session:foreign');
    proxy.setDown(false);

    await until('the raise is heard', () => heard.length > 0);
    await other.epochs.raise('session:a');
    await until('what follows is heard', () => heard.includes('session:a'));
    expect(heard).toEqual(['session:b', 'session:a']);
  });

  // Redis may forget everything, by a restart without a disk or by an operator.
  test('what Redis has forgotten is raised again by who raised it', async () => {
    await other.epochs.raise('tenant:t');
    await redis.kill();
    await redis.start();

    await until('the epoch is known', async () => (await state.epochs.read(['tenant:t'])).has('tenant:t'));
    await using late = openSharedState({ REDIS_URL: redis.url }, silent);
    const heard = follow(late, 'tenant:t');

    await until('a new process hears of it', () => heard.includes('tenant:t'));
    expect(heard).toEqual(['tenant:t']);
  });

  test('a process that starts before Redis uses it once it is there', async () => {
    const port = await findFreePort();
    await using early = openSharedState({ REDIS_URL: `redis://127.0.0.1:${port}` }, silent);
    const heard = follow(early, 'user:x');

    const missed = await early.cache.set(space, ENTRY);
    await using _redis = await startRedis({ port });

    expect(missed).toBe(false);
    await until('it stores', () => early.cache.set(space, ENTRY));
    await until('it hears', async () => {
      await early.epochs.raise('user:x');
      return heard.length > 0;
    });
  });

  test('a password is used, and a wrong one is an outage', async () => {
    await using guarded = await startRedis({
      args: ['--requirepass', 'p@ss:w/rd'],
      client: { password: 'p@ss:w/rd' },
    });
    const at = (password: string): string =>
      `redis://:${encodeURIComponent(password)}@127.0.0.1:${guarded.port}`;
    await using right = openSharedState({ REDIS_URL: at('p@ss:w/rd') }, silent);
    await using wrong = openSharedState({ REDIS_URL: at('wrong') }, silent);

    expect(await right.cache.set(space, ENTRY)).toBe(true);
    expect(await wrong.cache.set(space, ENTRY)).toBe(false);
  });
});

test('embedded: what was raised while a process heard nothing is told when it hears again', async () => {
  await using database = await createTestDatabase();
  const url = new URL(database.url('flowgrid_router'));
  await using proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  await using raiser = openSharedState({ PUBSUB_URL: database.url('flowgrid_auth') }, silent);
  await using far = openSharedState({ PUBSUB_URL: url.toString() }, silent);
  const heard = follow(far, 'user:during');
  await untilFollowed(raiser, heard);
  await raiser.epochs.raise('user:before');
  await until('the raise before is heard', () => heard.includes('user:before'));

  proxy.setDown(true);
  await raiser.epochs.raise('user:during');
  proxy.setDown(false);

  await until('the raise meanwhile is heard', () => heard.includes('user:during'));
  expect(heard).toEqual(['user:before', 'user:during']);
});

test('embedded: when PostgreSQL cuts everyone off, raiser and follower find each other again', async () => {
  await using database = await createTestDatabase();
  await using raiser = openSharedState({ PUBSUB_URL: database.url('flowgrid_auth') }, silent);
  await using follower = openSharedState({ PUBSUB_URL: database.url('flowgrid_router') }, silent);
  const heard = follow(follower, 'user:during');
  await untilFollowed(raiser, heard);

  const cut = database.cutConnections();
  await raiser.epochs.raise('user:during');
  await cut;

  await until('the raise is heard', () => heard.includes('user:during'));
  expect(heard).toEqual(['user:during']);
});
