import { expect, test } from 'vitest';
import { createPasswordHasher } from './password.ts';

const CHEAP = { costLog2: 5, blockSize: 8, parallelization: 1 };
const passwords = createPasswordHasher(CHEAP);

test('a password is verified by its own hash only', async () => {
  const hash = await passwords.hash('correct horse');

  const verdicts = await Promise.all(
    ['correct horse', 'Correct horse', 'correct horse ', ''].map((word) => passwords.verify(word, hash)),
  );

  expect(verdicts).toEqual([true, false, false, false]);
});

test('the same password has another hash each time', async () => {
  const [one, other] = await Promise.all([passwords.hash('same'), passwords.hash('same')]);

  expect(one).not.toBe(other);
});

test('the same characters from another keyboard are the same password', async () => {
  const hash = await passwords.hash('caf\u00e9');

  expect(await passwords.verify('cafe\u0301', hash)).toBe(true);
});

test('a hash names its parameters, so that older ones go on working', async () => {
  const older = await createPasswordHasher({ ...CHEAP, costLog2: 4 }).hash('secret');

  expect(older).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$/);
  expect(await passwords.verify('secret', older)).toBe(true);
  expect(passwords.isOutdated(older)).toBe(true);
  expect(passwords.isOutdated(await passwords.hash('secret'))).toBe(false);
});

test('new hashes are made with the parameters that OWASP recommends', async () => {
  expect(await createPasswordHasher().hash('secret')).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
});

// Attack: telling by the time of the answer which email addresses have an account.
test('an account that does not exist costs the same work as a wrong password', async () => {
  const costly = createPasswordHasher({ costLog2: 13, blockSize: 8, parallelization: 1 });
  const hash = await costly.hash('secret');
  const least = { known: Infinity, unknown: Infinity };

  for (let round = 0; round < 5; round += 1) {
    least.known = Math.min(least.known, await workOf(() => costly.verify('wrong', hash)));
    least.unknown = Math.min(least.unknown, await workOf(() => costly.verify('wrong', null)));
  }

  expect(await costly.verify('wrong', null)).toBe(false);
  expect(least.unknown / least.known).toBeGreaterThan(0.5);
  expect(least.unknown / least.known).toBeLessThan(2);
});

/** CPU time, which other processes do not lengthen. */
async function workOf(task: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await task();
  return process.cpuUsage(before).user;
}
