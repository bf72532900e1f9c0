/** The same shared state by a Sentinel, over a cluster and through TLS, at real servers. */
import { randomUUID } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createLogger } from '@flowgrid/platform';
import { openSharedState, type CacheSpace, type EpochKey, type SharedState } from '@flowgrid/shared-state';
import { describe, expect, test } from 'vitest';
import { hasRedis, startRedis } from '../../testkit/redis.ts';
import { startCluster, startSentinelGroup, startTlsRedis } from '../../testkit/redis-topologies.ts';
import { until } from '../../testkit/wait.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const open = (url: string): SharedState => openSharedState({ REDIS_URL: url }, logger);

const ROLE_COMMANDS =
  'GET SET MGET UNLINK HMGET HSET PEXPIRE TIME PUBLISH SUBSCRIBE PING INFO EVAL EVALSHA HELLO AUTH'
    .toLowerCase()
    .split(' ')
    .map((command) => `+${command}`);

const space: CacheSpace<string> = { namespace: 'notes', scope: { tenantId: randomUUID() }, parse: String };
const store = ({ cache }: SharedState, key = 'a'): Promise<boolean> =>
  cache.set(space, { key, value: `value of ${key}`, ttlSeconds: 60 });

/** Everything once, from one process to another; `many` keys lie on all nodes of a cluster. */
async function useEverything(one: SharedState, two: SharedState, many: number): Promise<void> {
  const keys = Array.from({ length: many }, (_, index) => `key-${index}`);
  await Promise.all(keys.map((key) => store(one, key)));
  const found = await Promise.all(keys.map((key) => two.cache.get(space, key)));
  const rate = { limit: 1, windowSeconds: 3600 };
  const id = randomUUID();
  const decisions = [];
  for (const key of keys) {
    decisions.push(
      await one.rateLimits.take(['test', id, key], rate),
      await two.rateLimits.take(['test', id, key], rate),
    );
  }
  const heard: EpochKey[] = [];
  const jobs: string[] = [];
  await using _ = two.epochs.follow({ onRaised: (key) => heard.push(key), heldKeys: () => ['user:before'] });
  await two.pubsub.subscribe('design-jobs', { onMessage: (job) => jobs.push(job) });
  await one.epochs.raise('user:before');
  await until('a raise is heard', () => heard.includes('user:before'));
  await one.pubsub.publish('design-jobs', 'job');
  await until('an announcement is heard', () => jobs.length > 0);

  expect(found).toEqual(keys.map((key) => `value of ${key}`));
  expect(decisions.map(({ isAllowed }) => isAllowed)).toEqual(keys.flatMap(() => [true, false]));
  expect((await two.epochs.read(['user:before', 'user:other'])).size).toBe(1);
  expect(jobs).toEqual(['job']);
}

describe.runIf(hasRedis)('Redis', () => {
  test('by a Sentinel, also after the replica has become the master', async () => {
    await using group = await startSentinelGroup();
    await using one = open(group.url);
    await using two = open(group.url);
    await useEverything(one, two, 3);
    const heard: EpochKey[] = [];
    await using _ = two.epochs.follow({
      onRaised: (key) => heard.push(key),
      heldKeys: () => ['user:during'],
    });

    await group.master.kill();
    const missed = await one.cache.get(space, 'key-0');
    await one.epochs.raise('user:during');
    await until('the new master is used', () => store(one), 30_000);
    await until('what was raised meanwhile is heard', () => heard.includes('user:during'), 30_000);

    expect(missed).toBeUndefined();
    expect(String(await group.replica.command('ROLE'))).toContain('master');
    expect(await group.replica.command('DBSIZE')).toBeGreaterThan(0);
  });

  test('over a cluster, also after one of its nodes was away', async () => {
    await using cluster = await startCluster();
    await using one = open(cluster.url);
    await using two = open(cluster.url);
    await useEverything(one, two, 30);
    const sizes = await Promise.all(cluster.nodes.map((node) => node.command('DBSIZE')));
    const [, node] = cluster.nodes;

    await node?.kill();
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, index) => store(one, `key-${index}`)));
    await node?.start();
    await until(
      'every key can be stored again',
      async () =>
        (await Promise.all(Array.from({ length: 30 }, (_, index) => store(one, `key-${index}`)))).every(
          Boolean,
        ),
      30_000,
    );

    expect(sizes.every((size) => Number(size) > 0)).toBe(true);
    expect(outcomes).toContain(false);
    await useEverything(one, two, 30);
  });

  // The rights that the package's README asks for: they must be enough, and nothing of others in the same Redis be within reach.
  test('with the rights of a role of its own', async () => {
    await using redis = await startRedis();
    await redis.command(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>secret',
      '~flowgrid:*',
      '&flowgrid:*',
      ...ROLE_COMMANDS,
    );
    const url = redis.url.replace('//', '//app:secret@');
    await using one = open(url);
    await using two = open(url);

    await useEverything(one, two, 3);
    await one.cache.delete(space, 'key-0');

    expect(await two.cache.get(space, 'key-0')).toBeUndefined();
    expect(await two.cache.get(space, 'key-1')).toBe('value of key-1');
    const refused = await redis.command('ACL', 'LOG');
    expect(JSON.stringify(refused)).not.toMatch(/flowgrid|evalsha|subscribe|publish|unlink/);
  });

  test('through TLS, when the authority of the certificate is trusted, and not else', async () => {
    await using redis = await startTlsRedis();
    const known = getCACertificates('default');
    await using stranger = open(redis.url);
    const isStoredByStranger = await store(stranger);
    using _ = { [Symbol.dispose]: () => setDefaultCACertificates(known) };

    setDefaultCACertificates([...known, redis.ca]);
    await using one = open(redis.url);
    await using two = open(redis.url);
    await useEverything(one, two, 3);
    await using plain = open(redis.url.replace('rediss', 'redis'));

    expect(isStoredByStranger).toBe(false);
    expect(await store(plain)).toBe(false);
  });
});
