import { expect, test } from 'vitest';
import { parseRedisAddress, redisUrl } from './address.ts';

const open = { username: undefined, password: undefined, isTls: false };

test.each([
  ['redis://cache', { kind: 'single', host: { host: 'cache', port: 6379 }, db: 0, ...open }],
  [
    'rediss://app:p%40ss%3Aword@cache.example:6380/2',
    {
      kind: 'single',
      host: { host: 'cache.example', port: 6380 },
      db: 2,
      username: 'app',
      password: 'p@ss:word',
      isTls: true,
    },
  ],
  [
    'redis://:secret@[::1]:6379',
    { kind: 'single', host: { host: '::1', port: 6379 }, db: 0, ...open, password: 'secret' },
  ],
  [
    'redis+sentinel://:secret@s1,s2:26380/mymaster/3?sentinelPassword=other',
    {
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
      master: 'mymaster',
      db: 3,
      sentinelUsername: undefined,
      sentinelPassword: 'other',
      ...open,
      password: 'secret',
    },
  ],
  [
    'rediss+cluster://n1:7000,n2:7001',
    {
      kind: 'cluster',
      nodes: [
        { host: 'n1', port: 7000 },
        { host: 'n2', port: 7001 },
      ],
      ...open,
      isTls: true,
    },
  ],
])('%s', (address, parsed) => {
  expect(parseRedisAddress(address)).toEqual(parsed);
});

test.each([
  ['another scheme', 'http://cache'],
  ['no host', 'redis://'],
  ['several hosts without a kind', 'redis://a,b'],
  ['a port that is none', 'redis://cache:99999'],
  ['a database that is none', 'redis://cache/first'],
  ['a Sentinel without a master', 'redis+sentinel://s1'],
  ['a database of a cluster', 'redis+cluster://n1/1'],
  ['options that would be ignored', 'redis://cache?db=3'],
  ['an unknown option of a Sentinel', 'redis+sentinel://s1/m?password=x'],
  ['a password that is not escaped', 'redis://:p@ss@cache'],
  ['an escape that is none', 'redis://:%zz@cache'],
])('%s is refused, without the address in the message', (_name, address) => {
  const checked = redisUrl.safeParse(address);

  expect(checked.success).toBe(false);
  expect(checked.error?.issues[0]?.message).toMatch(/^must be redis/);
  expect(JSON.stringify(checked.error)).not.toContain(address);
});
