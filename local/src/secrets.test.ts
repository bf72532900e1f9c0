import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecrets } from './secrets.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'flowgrid-test-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('secrets are made once, and only their owner reads them', async () => {
  const first = await loadSecrets(home);
  const second = await loadSecrets(home);

  expect(second).toEqual(first);
  expect((await stat(join(home, 'secrets.json'))).mode & 0o777).toBe(0o600);
  expect(Buffer.from(first.services.credentialsKey, 'base64')).toHaveLength(32);
});

test('a secret that a newer version needs is added, and the others stay', async () => {
  const { services, ...rest } = await loadSecrets(home);
  const { grantSecret, ...older } = services;
  await writeFile(join(home, 'secrets.json'), JSON.stringify({ ...rest, services: older }));

  const upgraded = await loadSecrets(home);

  expect(upgraded).toEqual({ ...rest, services: { ...older, grantSecret: upgraded.services.grantSecret } });
  expect(upgraded.services.grantSecret).not.toBe(grantSecret);
});

test('a damaged file is not replaced: it may be the only copy of the key to the credentials', async () => {
  await writeFile(join(home, 'secrets.json'), '{"superuserPassword": ');

  await expect(loadSecrets(home)).rejects.toThrow('is damaged');
  expect(await readFile(join(home, 'secrets.json'), 'utf8')).toBe('{"superuserPassword": ');
});
