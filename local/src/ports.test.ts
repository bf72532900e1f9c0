import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { choosePort, findFreePort, HOST } from './ports.ts';

test('a free port is used as wanted', async () => {
  const wanted = await findFreePort();

  expect(await choosePort(wanted)).toEqual({ port: wanted });
});

test('a taken port is named, and another one is chosen', async () => {
  await using server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  const wanted = typeof address === 'object' && address !== null ? address.port : 0;

  const choice = await choosePort(wanted);

  expect(choice.taken).toBe(wanted);
  expect(choice.port).not.toBe(wanted);
});

test('a port that is promised to another process counts as taken', async () => {
  const wanted = await findFreePort();

  expect((await choosePort(wanted, new Set([wanted]))).taken).toBe(wanted);
});
