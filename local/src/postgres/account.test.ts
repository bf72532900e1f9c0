import { expect, test } from 'vitest';
import { findAccount } from './account.ts';

const root = 'root:x:0:0:root:/root:/bin/bash';
const nobody = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin';
const postgres = 'postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash';

test.each([
  ['the account of an installed PostgreSQL', [root, nobody, postgres], { uid: 101, gid: 104 }],
  ['nobody where there is none', [root, nobody], { uid: 65_534, gid: 65_533 }],
  ['a number where there is no account at all', [], { uid: 65_534, gid: 65_534 }],
  ['never root under another name', ['postgres:x:0:0::/:/bin/sh', nobody], { uid: 65_534, gid: 65_533 }],
  [
    'no negative number',
    ['nobody:*:-2:-2:Unprivileged:/var/empty:/usr/bin/false'],
    { uid: 65_534, gid: 65_534 },
  ],
])('PostgreSQL runs with %s', (_name, lines, account) => {
  expect(findAccount(lines.join('\n'))).toEqual(account);
});
