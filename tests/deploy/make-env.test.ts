import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeEnv } from './sample-env.ts';

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'flowgrid-env-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, '.env');
}

test('the secrets are long, different, and readable by their owner only', async () => {
  const file = await newFile();

  const values = Object.values(await makeEnv(file));

  expect(new Set(values).size).toBe(values.length);
  expect(Math.min(...values.map((value) => value.length))).toBeGreaterThanOrEqual(44);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('what the file has is kept, and what it lacks is added', async () => {
  const file = await newFile();
  await writeFile(file, '# mine\nGRANT_SECRET=kept\nPOSTGRES_PASSWORD=');

  const first = await makeEnv(file);
  const second = await makeEnv(file);

  expect(first['GRANT_SECRET']).toBe('kept');
  expect(first['POSTGRES_PASSWORD']).toMatch(/^[0-9a-f]{48}$/);
  expect(second).toEqual(first);
});
